import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { deadLetterTopic, validateDeadLetterTopic } from '../../lib/failure/dead-letter-topic.js';
import { parseTopicFilter } from '../../lib/topic/topic-filter.js';
import { naivelyMatches } from '../topic/naive-matcher.js';

const parse = (filter: string) => parseTopicFilter(filter, { namedLevels: false });

function validate(template: string, group: string | undefined, filter: string, ...others: string[]): void {
  validateDeadLetterTopic(template, group, parse(filter), [filter, ...others].map(parse));
}

/** The code of the error with which it is refused. */
function refusal(...given: Parameters<typeof validate>): unknown {
  try {
    validate(...given);
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

/** Every topic of up to `depth` levels over these names. */
function topicsOver(names: readonly string[], depth: number): string[] {
  if (depth === 1) return [...names];
  return [...names, ...topicsOver(names, depth - 1).flatMap((below) => names.map((name) => `${name}/${below}`))];
}

describe('The topic of a dead letter', () => {
  it.each([
    ['dead-letter/{group}/{topic}', 'workers', 'jobs/a', 'dead-letter/workers/jobs/a'],
    ['{topic}/failed', 'workers', 'jobs/a', 'jobs/a/failed'],
    ['{topic}-failed', 'workers', 'jobs/a', 'jobs/a-failed'],
    ['{group}/{group}/{topic}/{topic}', 'g', 't', 'g/g/t/t'],
    ['failed', 'workers', 'jobs/a', 'failed'],
    ['failed/{group}', undefined, 'jobs/a', 'failed/plain'],
    ['failed/{Topic}/{other}', 'workers', 'jobs/a', 'failed/{Topic}/{other}'],
  ])('of the template %s for group %s and topic %s is %s', (template, group, topic, expected) => {
    expect(deadLetterTopic(template, group, topic)).toBe(expected);
  });

  it.each(['jobs/$&', 'jobs/$1', '$$/a', "a/$'/b", 'a/$`/b'])('has the topic %s in it as it is', (topic) => {
    expect(deadLetterTopic('failed/{topic}', 'workers', topic)).toBe(`failed/${topic}`);
    expect(deadLetterTopic('failed/{group}/{topic}', '$&', topic)).toBe(`failed/$&/${topic}`);
  });

  it('does not read what it fills in as a template', () => {
    expect(deadLetterTopic('failed/{group}/{topic}', '{topic}', '{group}')).toBe('failed/{topic}/{group}');
  });

  it('has every topic in it as it is (any)', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (group, topic) => {
        expect(deadLetterTopic('{group}|{topic}', group, topic)).toBe(`${group}|${topic}`);
      }),
    );
  });
});

describe('A template with a name that stands for nothing', () => {
  it.each(['failed/{grup}', '{topics}', 'a{}b'])('is refused: %s', (template) => {
    expect(() => validate(template, 'workers', 'jobs/#')).toThrow(/onError\.deadLetterTopic.*\{group\} and \{topic\}/);
  });
});

describe('A template that makes no Topic Name', () => {
  it.each(['', 'failed/+', 'failed/#', 'failed/\0'])('is refused: %j', (template) => {
    expect(() => validate(template, 'workers', 'jobs/#')).toThrow(
      expect.objectContaining({
        code: 'INVALID_TOPIC_NAME',
        message: expect.stringContaining('onError.deadLetterTopic'),
      }),
    );
  });
});

describe('A dead-letter topic is refused', () => {
  it.each([
    ['jobs/failed', 'jobs/#'],
    ['jobs/failed/{topic}', 'jobs/#'],
    ['{topic}', 'jobs/a'],
    ['{topic}/failed', 'jobs/#'],
    ['{topic}-failed', 'jobs/#'],
    ['{topic}-failed', 'jobs/+'],
    ['jobs-{topic}', '+'],
    ['dead-letter/{group}/{topic}', '#'],
    ['dead-letter/{group}/{topic}', '+/workers/#'],
    ['failed', 'failed'],
    ['failed', '+'],
    ['$failed/{topic}', '$failed/#'],
  ])('%s for the filter %s', (template, filter) => {
    expect(refusal(template, 'workers', filter)).toBe('DEAD_LETTER_LOOP');
  });

  it.each([
    ['failed/{topic}', 'jobs/#', 'failed/#'],
    ['failed/{topic}', 'jobs/#', 'failed/jobs/+/late'],
    ['failed/{topic}', 'jobs/+', '+/jobs/a'],
    // `#` includes the parent level (section 4.7.1.2), where what follows `{topic}` has no level of its own.
    ['failed/{topic}-late', 'jobs/#', 'failed/jobs-late'],
    ['failed/{topic}/late', 'jobs/#', 'failed/jobs/late'],
    // Wildcards match no first level that begins with `$` [MQTT-4.7.2-1], and this one only makes such.
    ['$failed-{topic}', '#', '$failed-jobs/a'],
    ['$failed-{topic}', '+/a', '$failed-jobs/#'],
  ])('%s for the filter %s where another filter of the group is %s', (template, filter, other) => {
    expect(refusal(template, 'workers', filter)).toBeUndefined();
    expect(refusal(template, 'workers', filter, other)).toBe('DEAD_LETTER_LOOP');
  });

  it('with an error that names the option and the filter', () => {
    expect(() => validate('failed/{topic}', 'workers', 'jobs/#', 'failed/#')).toThrow(
      expect.objectContaining({
        code: 'DEAD_LETTER_LOOP',
        message: expect.stringMatching(/"failed\/\{topic\}".*"workers".*"failed\/#".*`onError\.deadLetterTopic`/),
      }),
    );
  });

  describe('whenever a topic that the filter matches leads to one that a filter of the group matches:', () => {
    const names = ['', 'a', 'b', '$', '$a'];
    const topics = topicsOver(names, 3).filter((topic) => topic !== '');
    const filter = fc
      .tuple(fc.array(fc.constantFrom(...names, '+'), { maxLength: 2 }), fc.boolean())
      .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'))
      .filter((text) => text !== '');
    const piece = fc.constantFrom('a', 'b', '$', '/', '{group}', '{topic}', '{topic}');
    const template = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
    const group = fc.constantFrom('a', 'b', '$', '$a', undefined);
    const reached = (written: string, share: string | undefined, topic: string): string =>
      written
        .split('{group}')
        .join(share ?? 'plain')
        .split('{topic}')
        .join(topic);

    it('for a filter that is just where one dead letter goes (any)', () => {
      fc.assert(
        fc.property(template, group, filter, fc.nat(), (written, share, own, choice) => {
          const matching = topics.filter((topic) => naivelyMatches(own, topic));
          fc.pre(matching.length > 0);
          const topic = matching[choice % matching.length] ?? '';
          expect(refusal(written, share, own, reached(written, share, topic))).toBe('DEAD_LETTER_LOOP');
        }),
        { numRuns: 2_000 },
      );
    });

    it('for filters of all kinds (any)', () => {
      let accepted = 0;
      fc.assert(
        fc.property(template, group, filter, fc.array(filter, { maxLength: 3 }), (written, share, own, others) => {
          if (refusal(written, share, own, ...others) !== undefined) return;
          accepted++;
          for (const topic of topics.filter((each) => naivelyMatches(own, each))) {
            const letter = reached(written, share, topic);
            expect([own, ...others].filter((other) => naivelyMatches(other, letter))).toEqual([]);
          }
        }),
        { numRuns: 1_000 },
      );
      expect(accepted).toBeGreaterThan(50);
    });
  });
});

describe('A dead-letter topic is accepted', () => {
  it.each([
    ['dead-letter/{group}/{topic}', ['jobs/#', 'orders/+', 'a', '$SYS/#']],
    ['failed/{topic}', ['jobs/#', 'jobs/+/a', '+/failed']],
    ['{topic}/failed', ['jobs/+', 'jobs/a', 'orders']],
    ['{topic}-failed', ['jobs']],
    ['failed', ['jobs/#', 'failed/jobs', '+/+']],
    ['$failed/{topic}', ['#', '+/#', '$SYS/#']],
    ['dead-letter/{group}/{topic}', ['dead-letter/others/#', 'dead-letter']],
  ])('%s for a group of the filters %j', (template, filters) => {
    for (const filter of filters) expect(refusal(template, 'workers', filter, ...filters)).toBeUndefined();
  });

  it('unless some topic does come back, where {topic} is its end (any)', () => {
    const name = fc.constantFrom('a', 'b');
    const filter = fc
      .tuple(fc.array(fc.oneof(name, fc.constant('+')), { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'));
    const topics = topicsOver(['a', 'b', 'c'], 4);
    let refused = 0;
    fc.assert(
      fc.property(name, filter, fc.array(filter, { maxLength: 3 }), (first, own, others) => {
        if (refusal(`${first}/{topic}`, 'g', own, ...others) === undefined) return;
        refused++;
        const comesBack = topics
          .filter((topic) => naivelyMatches(own, topic))
          .some((topic) => [own, ...others].some((other) => naivelyMatches(other, `${first}/${topic}`)));
        expect(comesBack).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(refused).toBeGreaterThan(50);
  });
});
