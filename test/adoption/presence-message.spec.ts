import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { decodePresence, encodePresence, type Presence, presenceTopic } from '../../lib/adoption/presence-message.js';
import { sessionId, stemOf } from '../../lib/adoption/session-id.js';
import { FILTER, GROUP, PREFIX, presence, retained } from './presences.js';

function decode(message: unknown, topic = presenceTopic(PREFIX, GROUP, 'w1:workers:0')): Presence | undefined {
  const payload = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  return decodePresence(PREFIX, GROUP, topic, payload);
}

const good = presence('w1:workers:0');

describe('A presence message', () => {
  it('is read as it was written', () => {
    expect(decode(encodePresence(good))).toEqual(good);
  });

  it.each(['host/w1', '/', '+', '#', 'a+b#c', 'a%2Fb', 'ein:mal:eins', '$SYS', 'ü'])(
    'is found under one topic level whatever the stem is: %s',
    (stem) => {
      const message = presence(sessionId(stem, GROUP, 3));
      const { topic, payload } = retained(message);
      expect(topic.split('/')).toHaveLength(3);
      expect(topic).not.toMatch(/[+#]/);
      expect(decodePresence(PREFIX, GROUP, topic, payload)).toEqual(message);
    },
  );

  it('has a topic of its own for each Client Identifier', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(presenceTopic(PREFIX, GROUP, a) === presenceTopic(PREFIX, GROUP, b)).toBe(a === b);
      }),
    );
  });

  it.each([
    ['no JSON', '{'],
    ['null', null],
    ['an array', [good]],
    ['a string', JSON.stringify('alive')],
    ['without clientId', { ...good, clientId: undefined }],
    ['with an object for clientId', { ...good, clientId: { toString: 'w1:workers:0' } }],
    ['in a state that there is not', { ...good, state: 'dead' }],
    ['with a number for incarnation', { ...good, incarnation: 1 }],
    ['with a fraction for connection', { ...good, connection: 1.5 }],
    ['with a text for connection', { ...good, connection: '1' }],
    ['without connection', { ...good, connection: null }],
    ['with a text for filters', { ...good, filters: FILTER }],
    ['with a number among the filters', { ...good, filters: [FILTER, 1] }],
    ['without any filter', { ...good, filters: [] }],
    ['with a filter of another group', { ...good, filters: ['$share/others/jobs/#'] }],
    ['with a filter that is not shared', { ...good, filters: ['jobs/#'] }],
    ['with a malformed filter', { ...good, filters: [FILTER, '$share/workers/a/#/b'] }],
    ['with a filter that is none', { ...good, filters: ['$share/workers/'] }],
    ['with a NUL in a filter', { ...good, filters: ['$share/workers/a\0'] }],
    ['with everything behind a prototype', '{"__proto__":{"clientId":"w1:workers:0","state":"gone"}}'],
    ['larger than any that a worker writes', { ...good, incarnation: 'x'.repeat(1024 * 1024) }],
  ])('is not one %s', (_, message) => {
    expect(decode(message)).toBeUndefined();
  });

  it('is not one under the topic of another session', () => {
    expect(decode(good, presenceTopic(PREFIX, GROUP, 'w2:workers:0'))).toBeUndefined();
    expect(decode(good, presenceTopic('elsewhere', GROUP, 'w1:workers:0'))).toBeUndefined();
    expect(decode(good, presenceTopic(PREFIX, 'others', 'w1:workers:0'))).toBeUndefined();
  });

  it('changes nothing of how objects behave', () => {
    decode('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    expect(({} as { polluted?: true }).polluted).toBeUndefined();
  });

  it('is one for nothing but a session of its group, whatever anybody writes', () => {
    const anything = fc.record({
      clientId: fc.oneof(fc.string(), fc.constantFrom('w:workers:0', 'w:a:workers:0', 'stranger', ':workers:0')),
      state: fc.oneof(fc.constantFrom('alive', 'gone', 'adopting'), fc.anything()),
      incarnation: fc.oneof(fc.string(), fc.anything()),
      connection: fc.oneof(fc.integer(), fc.anything()),
      filters: fc.oneof(fc.array(fc.constantFrom(FILTER, '#', '')), fc.anything()),
    });
    fc.assert(
      fc.property(fc.oneof(anything, fc.anything(), fc.json()), (value) => {
        const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
        const named = (value as { clientId?: unknown } | null | undefined)?.clientId;
        const topic = presenceTopic(PREFIX, GROUP, typeof named === 'string' ? named : 'w:workers:0');
        const read = decodePresence(PREFIX, GROUP, topic, Buffer.from(text));
        if (read === undefined) return;
        expect(stemOf(GROUP, read.clientId)).toBeDefined();
        expect(read.filters.every((filter) => filter.startsWith('$share/workers/'))).toBe(true);
      }),
    );
  });
});

describe('The Client Identifier of a session', () => {
  it.each([
    ['w1:workers:0', 'workers', true],
    ['a:b:workers:12', 'workers', true],
    ['w1:workers:999999', 'workers', true],
    ['w1:workers:1000000', 'workers', false],
    ['w1:workers:', 'workers', false],
    ['w1:workers:-1', 'workers', false],
    ['w1:workers:1e1', 'workers', false],
    ['w1:workers:0\n', 'workers', false],
    ['w1:workers', 'workers', false],
    [':workers:0', 'workers', false],
    ['workers:0', 'workers', false],
    ['w1:coworkers:0', 'workers', false],
    ['w1:workers:coworkers:0', 'workers', false],
    ['w1:workers:others:0', 'workers', false],
    ['w1:workers:presence', 'workers', false],
    ['w1::0', 'workers', false],
    ['mosquitto_sub', 'workers', false],
  ])('%s is one of group %s: %s', (clientId, group, expected) => {
    expect(stemOf(group, clientId) !== undefined).toBe(expected);
  });

  it('belongs to one group only, whatever is in the names', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', ':', '%', '3', 'A', '0'), minLength: 1 });
    fc.assert(
      fc.property(name, name, name, fc.nat({ max: 999_999 }), (stem, group, other, index) => {
        const clientId = sessionId(stem, group, index);
        expect(stemOf(group, clientId)).toBe(stem);
        expect(stemOf(other, clientId)).toBe(other === group ? stem : undefined);
      }),
    );
  });
});
