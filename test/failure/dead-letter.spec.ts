import { describe, expect, it } from '@jest/globals';
import { DeadLetter } from '../../lib/failure/dead-letter.js';
import { PublishError } from '../../lib/errors/publish.error.js';
import { redeliver } from '../../lib/failure/redeliver.js';
import { propertyFault } from '../../lib/publishing/property-fault.js';
import { isLargerThan } from '../../lib/publishing/publish-size.js';
import type { OutboundPublish } from '../../lib/session/wire.js';
import { failedMessage } from './failed-message.js';

const TEMPLATE = 'dead-letter/{group}/{topic}';

async function letterOf(...given: Parameters<typeof failedMessage>): Promise<OutboundPublish> {
  const published: OutboundPublish[] = [];
  const publish = (message: OutboundPublish): Promise<void> => Promise.resolve(void published.push(message));
  const settlement = await new DeadLetter(TEMPLATE, 'w:workers:0', publish, redeliver).settle(failedMessage(...given));
  expect(settlement).toEqual({ kind: 'acknowledge', reasonCode: 0 });
  expect(published).toHaveLength(1);
  return published[0] as OutboundPublish;
}

/** Refuses what has more bytes. */
function brokerThatTakes(bytes: number) {
  const published: OutboundPublish[] = [];
  const publish = async (message: OutboundPublish): Promise<void> => {
    if (isLargerThan(bytes, message, 5)) {
      throw new PublishError('mqtt://broker', message.topic, 0x95, { what: 'too large', fix: '' });
    }
    published.push(message);
  };
  return { published, publish };
}

describe('A dead letter', () => {
  it.each([0, 1, 2] as const)('has the QoS %i and the payload of the message, and is not retained', async (qos) => {
    const payload = Buffer.from([0, 0xff, 0x80]);
    const letter = await letterOf({ packet: { qos, payload, retain: true, dup: true } });
    expect(letter).toMatchObject({ topic: 'dead-letter/workers/jobs/a', qos, retain: false });
    expect(letter.payload).toEqual(payload);
  });

  it('says what, where, why and how often', async () => {
    const before = Date.now();
    const letter = await letterOf();
    const { 'dead-letter-at': at, ...told } = letter.properties?.userProperties ?? {};
    expect(told).toEqual({
      'dead-letter-reason': 'broken',
      'dead-letter-topic': 'jobs/a',
      'dead-letter-group': 'workers',
      'dead-letter-filter': 'jobs/#',
      'dead-letter-handler': 'JobsController.work',
      'dead-letter-attempts': '3',
      'dead-letter-worker': 'w:workers:0',
    });
    expect(Date.parse(String(at))).toBeGreaterThanOrEqual(before);
    expect(Date.parse(String(at))).toBeLessThanOrEqual(Date.now());
  });

  it('does not speak of a group or a handler where there was none', async () => {
    const letter = await letterOf({ group: undefined, handler: undefined });
    expect(letter.topic).toBe('dead-letter/plain/jobs/a');
    expect(Object.keys(letter.properties?.userProperties ?? {})).not.toContain('dead-letter-group');
    expect(Object.keys(letter.properties?.userProperties ?? {})).not.toContain('dead-letter-handler');
  });

  it('keeps what the properties of the message say of its payload, and its User Properties', async () => {
    const kept = { contentType: 'image/png', payloadFormatIndicator: false, messageExpiryInterval: 60 };
    const userProperties = { traceparent: '00-1-2-00', tag: ['a', 'b'], 'dead-letter-reason': 'of an earlier worker' };
    const { properties } = await letterOf({ packet: { properties: { ...kept, userProperties } } });
    expect(properties).toMatchObject(kept);
    expect(properties?.userProperties).toMatchObject({
      traceparent: '00-1-2-00',
      tag: ['a', 'b'],
      'dead-letter-reason': 'broken',
    });
  });

  it('leaves out what belonged to the delivery, and what would have it answered', async () => {
    const { properties } = await letterOf({
      packet: {
        properties: {
          topicAlias: 1,
          subscriptionIdentifier: [1, 2],
          responseTopic: 'replies',
          correlationData: Buffer.from('x'),
        },
      },
    });
    const sent = Object.entries(properties ?? {}).filter(([, value]) => value !== undefined);
    expect(sent.map(([name]) => name)).toEqual(['userProperties']);
  });

  it.each([
    ['of 100,000 characters', new Error('x'.repeat(100_000))],
    ['with NUL characters', new Error('a\0b')],
    ['that has no text', Object.create(null)],
    ['that is undefined', undefined],
  ])('can be sent for an error %s', async (_what, error: unknown) => {
    const { properties = {} } = await letterOf({ error });
    expect(propertyFault(properties)).toBeUndefined();
    expect(JSON.stringify(properties)).not.toContain('\\u0000');
  });

  it.each([
    ['what happened', 200, { contentType: 'image/png', userProperties: { traceparent: 'abc' } }],
    ['any properties', 50, undefined],
  ])('that is too large goes without %s', async (_what, limit, properties: unknown) => {
    const { published, publish } = brokerThatTakes(limit);
    const packet = { properties: { contentType: 'image/png', userProperties: { traceparent: 'abc' } } };
    const settlement = await new DeadLetter(TEMPLATE, 'w', publish, redeliver).settle(failedMessage({ packet }));
    expect(settlement).toEqual({ kind: 'acknowledge', reasonCode: 0 });
    expect(published).toHaveLength(1);
    expect(published[0]?.payload).toEqual(Buffer.from('payload'));
    expect(published[0]?.properties).toEqual(properties);
  });

  it('that is too large even without properties leaves its message to the end for that case', async () => {
    const { published, publish } = brokerThatTakes(10);
    const settlement = await new DeadLetter(TEMPLATE, 'w', publish, redeliver).settle(failedMessage());
    expect([settlement, published]).toEqual([{ kind: 'hold' }, []]);
  });

  it('that cannot be published leaves its message to the end for that case', async () => {
    const publish = (): Promise<void> => Promise.reject(new Error('Not authorized'));
    const settle = (unreachable: typeof redeliver) =>
      new DeadLetter(TEMPLATE, 'w', publish, unreachable).settle(failedMessage());
    expect(await settle(redeliver)).toEqual({ kind: 'hold' });
    expect(await settle({ settle: () => ({ kind: 'acknowledge', reasonCode: 7 }) })).toMatchObject({ reasonCode: 7 });
  });
});
