import { describe, expect, it } from '@jest/globals';
import fc from './support/fast-check.js';
import { PacketIdMap } from '../lib/packet-id-map.js';

describe('A map by Packet Identifier', () => {
  it('does what a Map does, up to the highest Packet Identifier there is', () => {
    const packetId = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(30_000, 65_535));
    const step = fc.record({ packetId, value: fc.option(fc.record({ name: fc.string() }), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step), (history) => {
        const map = new PacketIdMap<{ name: string }>();
        const expected = new Map<number, { name: string }>();
        for (const { packetId: id, value } of history) {
          if (value === undefined) {
            map.delete(id);
            expected.delete(id);
          } else {
            map.set(id, value);
            expected.set(id, value);
          }
          expect(map.get(id)).toBe(expected.get(id));
          expect(map.size).toBe(expected.size);
        }
        const visited = new Map<number, { name: string }>();
        map.forEach((value, id) => visited.set(id, value));
        expect(visited).toEqual(expected);
      }),
    );
  });
});
