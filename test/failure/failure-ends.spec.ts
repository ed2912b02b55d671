/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { describe, expect, it } from '@jest/globals';
import { DeadLetterMessage, type OnErrorOptions, RejectMessage, RetryMessage } from 'nestjs-mqtt-shared';
import type { Settlement } from '../../lib/failure/failure-policy.js';
import { FailureEnds } from '../../lib/server/failure-ends.js';
import type { Subscription } from '../../lib/server/subscription.js';
import { parseTopicFilter } from '../../lib/topic/topic-filter.js';
import { failedMessage } from './failed-message.js';

const parse = (filter: string) => parseTopicFilter(filter, { namedLevels: false });

interface Given {
  readonly server?: OnErrorOptions;
  readonly pattern?: OnErrorOptions;
  readonly group?: string | undefined;
  readonly others?: readonly Pick<Subscription, 'group' | 'filter'>[];
  readonly reachable?: boolean;
}

/** How a message of `jobs/a` ends, and where its dead letter was published. */
async function ending(error: unknown, given: Given): Promise<{ settlement: Settlement; letters: string[] }> {
  const { server = {}, pattern = {}, others = [], reachable = true } = given;
  const group = 'group' in given ? given.group : 'workers';
  const letters: string[] = [];
  const publish = ({ topic }: { topic: string }): Promise<void> => {
    letters.push(topic);
    return reachable ? Promise.resolve() : Promise.reject(new Error('Not authorized'));
  };
  const filter = parse('jobs/#');
  const subscriptions = [{ group, filter }, ...others].map((each) => ({ ...each, pattern: '', qos: 1, handlers: [] }));
  const ends = new FailureEnds(server, subscriptions as Subscription[], publish);
  const settlement = await ends
    .choose({ group, filter, onError: pattern, worker: 'w' })
    .settle(failedMessage({ error, group }));
  return { settlement, letters };
}

const HELD = { settlement: { kind: 'hold' }, letters: [] };
const acknowledged = (reasonCode = 0, ...letters: string[]) => ({
  settlement: { kind: 'acknowledge', reasonCode },
  letters,
});
const LETTER = 'dead-letter/workers/jobs/a';
const THENS = ['redeliver', 'dead-letter', 'reject', 'ack'] as const;
const BROKEN = new Error('broken');

describe('A message of a group that has failed', () => {
  it.each<[Given, unknown]>([
    [{}, HELD],
    [{ server: { then: 'redeliver' } }, HELD],
    [{ server: { then: 'dead-letter' } }, acknowledged(0, LETTER)],
    [{ server: { then: 'reject' } }, acknowledged(0x83)],
    [{ server: { then: 'ack' } }, acknowledged()],
    [{ server: { then: 'ack' }, pattern: { then: 'redeliver' } }, HELD],
    [{ server: { then: 'ack' }, pattern: { then: 'dead-letter' } }, acknowledged(0, LETTER)],
    [{ server: { then: 'dead-letter' }, pattern: { then: 'reject' } }, acknowledged(0x83)],
    [{ server: { then: 'dead-letter', deadLetterTopic: 'd/{topic}' } }, acknowledged(0, 'd/jobs/a')],
    [
      { server: { then: 'dead-letter', deadLetterTopic: 'd/{topic}' }, pattern: { deadLetterTopic: 'e/{topic}' } },
      acknowledged(0, 'e/jobs/a'),
    ],
  ])('ends by %j as it says', async (given, expected) => {
    expect(await ending(BROKEN, given)).toEqual(expected);
  });

  it.each(THENS)('goes by its verdict before `then: %s`', async (then) => {
    const given = { server: { then } };
    expect(await ending(new RetryMessage('later'), given)).toEqual(HELD);
    expect(await ending(new DeadLetterMessage('hopeless'), given)).toEqual(acknowledged(0, LETTER));
    expect(await ending(new RejectMessage('no', { reasonCode: 0x97 }), given)).toEqual(acknowledged(0x97));
  });

  it('is held when its dead letter cannot be published', async () => {
    const given: Given = { server: { then: 'dead-letter' }, reachable: false };
    expect(await ending(BROKEN, given)).toMatchObject({ settlement: { kind: 'hold' }, letters: [LETTER] });
  });
});

describe('A message of a plain subscription that has failed', () => {
  it.each([
    ['redeliver', acknowledged()],
    ['dead-letter', acknowledged(0, 'dead-letter/plain/jobs/a')],
    ['reject', acknowledged(0x83)],
    ['ack', acknowledged()],
  ] as const)(
    'ends by `then: %s`, and nothing of it is held, because nothing could come again',
    async (then, expected) => {
      expect(await ending(BROKEN, { group: undefined, server: { then } })).toEqual(expected);
    },
  );

  it.each(THENS)('is never held by its verdict, with `then: %s`', async (then) => {
    const given: Given = { group: undefined, server: { then } };
    expect(await ending(new RetryMessage('later'), given)).toEqual(acknowledged());
    const unreachable = await ending(new DeadLetterMessage('hopeless'), { ...given, reachable: false });
    expect(unreachable.settlement).toEqual({ kind: 'acknowledge', reasonCode: 0 });
  });
});

describe('A dead-letter topic that comes back', () => {
  const looping = { deadLetterTopic: 'jobs/failed' };

  it('is refused where dead letters are asked for, by the server or by the pattern', async () => {
    for (const given of [
      { server: { then: 'dead-letter', ...looping } },
      { server: looping, pattern: { then: 'dead-letter' } },
      { server: { then: 'dead-letter' }, pattern: looping },
    ] satisfies Given[]) {
      await expect(ending(BROKEN, given)).rejects.toMatchObject({ code: 'DEAD_LETTER_LOOP' });
    }
  });

  it('is no fault where they are not: a DeadLetterMessage is then delivered again, and not in circles', async () => {
    expect(await ending(new DeadLetterMessage('hopeless'), { server: looping })).toEqual(HELD);
    const plain: Given = { group: undefined, server: looping };
    expect(await ending(new DeadLetterMessage('hopeless'), plain)).toEqual(acknowledged());
  });

  it('is one that a filter of the same group matches, and not one of another group', async () => {
    const filter = parse('dead-letter/#');
    const server: OnErrorOptions = { then: 'dead-letter' };
    const inGroup: Given = { server, others: [{ group: 'workers', filter }] };
    await expect(ending(BROKEN, inGroup)).rejects.toMatchObject({ code: 'DEAD_LETTER_LOOP' });
    for (const group of ['archive', undefined]) {
      expect(await ending(BROKEN, { server, others: [{ group, filter }] })).toEqual(acknowledged(0, LETTER));
    }
  });
});
