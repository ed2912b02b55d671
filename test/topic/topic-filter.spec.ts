import { describe, expect, it } from '@jest/globals';
import { InvalidTopicFilterError } from '../../lib/errors/invalid-topic-filter.error.js';
import { stripLeadingSlashes } from '../../lib/topic/leading-slash.js';
import { parseTopicFilter } from '../../lib/topic/topic-filter.js';
import { topicParams } from '../../lib/topic/topic-params.js';

const plain = (text: string) => parseTopicFilter(text, { namedLevels: false });
const named = (text: string) => parseTopicFilter(text, { namedLevels: true });

function refusal(run: () => unknown): InvalidTopicFilterError {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidTopicFilterError) {
      return error;
    }
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('A Topic Filter', () => {
  it.each([
    '#',
    '+',
    '/',
    '//',
    'sport/tennis/player1/#',
    'sport/#',
    'sport/tennis/#',
    '+/tennis/#',
    'sport/+/player1',
    '/+',
    '+/+',
    'sport/',
    'a b/ü/水/😀',
    '$SYS/#',
    '$SYS/monitor/+',
    'x'.repeat(65_535),
    'ü'.repeat(32_767),
    '/'.repeat(65_535),
  ])('is taken as it is: %.40s', (text) => {
    for (const filter of [plain(text), named(text)]) {
      expect(filter).toEqual({ text, levels: text.split('/'), names: [] });
    }
  });

  it.each([
    ['MQTT-4.7.3-1', ''],
    ['MQTT-4.7.3-2', 'a\0b'],
    ['MQTT-1.5.4-1', 'a/\uD800'],
    ['MQTT-1.5.4-1', '\uDC00\uD800/a'],
    ['MQTT-4.7.3-3', 'x'.repeat(65_536)],
    ['MQTT-4.7.3-3', 'ü'.repeat(32_768)],
    ['MQTT-4.7.3-3', '水'.repeat(21_846)],
    ['MQTT-4.7.1-1', 'sport/tennis#'],
    ['MQTT-4.7.1-1', 'sport/tennis/#/ranking'],
    ['MQTT-4.7.1-1', '#/'],
    ['MQTT-4.7.1-1', '##'],
    ['MQTT-4.7.1-1', '+#'],
    ['MQTT-4.7.1-2', 'sport+'],
    ['MQTT-4.7.1-2', '++'],
    ['MQTT-4.7.1-2', 'a/b+c/d'],
  ])('is refused by [%s]: %j', (clause, text) => {
    for (const parse of [plain, named]) {
      expect(refusal(() => parse(text)).message).toContain(`[${clause}]`);
    }
  });

  it.each([undefined, null, 42, ['a'], {}])('is refused when it is %p and no string', (value) => {
    expect(refusal(() => plain(value as string)).message).toContain('it is not a string');
  });

  it('is refused with the place, the filter, the rule, what to do, and a stable code', () => {
    const error = refusal(() =>
      parseTopicFilter('jobs/#/resize', { namedLevels: true, where: 'JobsController.resize' }),
    );
    expect(error.message).toBe(
      'JobsController.resize: Topic Filter "jobs/#/resize" is not valid: "#" is not its last level [MQTT-4.7.1-1]. ' +
        'End the filter with "#", or use "+" for one level.',
    );
    expect(error).toMatchObject({ name: 'InvalidTopicFilterError', code: 'INVALID_TOPIC_FILTER' });
  });

  it('is shortened in the error when it is long', () => {
    const { message } = refusal(() => plain(`${'x'.repeat(70_000)}/+y`));
    expect(message.length).toBeLessThan(400);
    expect(message).toContain('… (70003 characters)');
  });

  it('shows control characters in the error', () => {
    expect(refusal(() => plain('a\0')).message).toContain(String.raw`"a\u0000"`);
  });
});

describe('A named level', () => {
  it('is a wildcard on the wire', () => {
    expect(named('devices/+deviceId/jobs/#rest')).toEqual({
      text: 'devices/+/jobs/#',
      levels: ['devices', '+', 'jobs', '#'],
      names: [
        { name: 'deviceId', level: 1 },
        { name: 'rest', level: 3 },
      ],
    });
  });

  it('may stand beside wildcards without a name', () => {
    expect(named('+/+b/#').names).toEqual([{ name: 'b', level: 1 }]);
  });

  it('is an error where levels have no names', () => {
    expect(refusal(() => plain('a/+b')).message).toContain('[MQTT-4.7.1-2]');
    expect(refusal(() => plain('a/#b')).message).toContain('[MQTT-4.7.1-1]');
  });

  it.each(['+1a', '+a-b', '+ä', '+ a', '+a+', '#a#', '+a.b', 'a+b', '++a'])('cannot be written %s', (level) => {
    expect(refusal(() => named(`x/${level}`)).message).toContain('letters, digits and "_"');
  });

  it('has a name of its own', () => {
    expect(refusal(() => named('+a/+b/#a')).message).toContain('two of its levels have the name "a"');
  });

  it('is last when it is a named "#"', () => {
    expect(refusal(() => named('#rest/a')).message).toContain('[MQTT-4.7.1-1]');
  });

  it('does not count towards the length on the wire', () => {
    const filter = named(`+${'n'.repeat(100)}/${'x'.repeat(65_533)}`);
    expect(filter.text).toBe(`+/${'x'.repeat(65_533)}`);
    expect(refusal(() => named(`+n/${'x'.repeat(65_534)}`)).message).toContain('[MQTT-4.7.3-3]');
  });
});

describe('The parameters of a topic', () => {
  it.each([
    ['devices/+id/jobs/#rest', 'devices/7/jobs/a/b', { id: '7', rest: 'a/b' }],
    ['devices/+id/jobs/#rest', 'devices//jobs/', { id: '', rest: '' }],
    ['devices/+id/jobs/#rest', 'devices/7/jobs', { id: '7', rest: '' }],
    ['devices/+id/jobs/#rest', 'devices/7/jobs//', { id: '7', rest: '/' }],
    ['#all', '/a//b', { all: '/a//b' }],
    ['+/+b', 'x/y', { b: 'y' }],
    ['a/+/#', 'a/b/c', {}],
  ])('%s finds in %s %j', (filter, topic, params) => {
    expect({ ...topicParams(named(filter), topic) }).toEqual(params);
  });

  it('have any name without touching a prototype', () => {
    const params = topicParams(named('+__proto__/+constructor'), 'a/b');
    expect(Object.entries(params)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(topicParams(named('+a'), 'x')['toString']).toBeUndefined();
  });
});

describe('Leading slashes', () => {
  it.each([
    ['/jobs/a', 'jobs/a'],
    ['//jobs', 'jobs'],
    ['jobs//a/', 'jobs//a/'],
    ['/+id', '+id'],
    ['///', ''],
  ])('are stripped from %s, all of them and no other', (text, stripped) => {
    expect(stripLeadingSlashes(text)).toBe(stripped);
  });

  it('are named by the error where nothing else was there', () => {
    expect(refusal(() => plain(stripLeadingSlashes('/'))).message).toContain("leadingSlash: 'keep'");
  });
});
