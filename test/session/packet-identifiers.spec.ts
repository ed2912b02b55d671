import { describe, expect, it } from '@jest/globals';
import { PacketIdentifiers } from '../../lib/session/packet-identifiers.js';

const done = (): void => {};

describe('The Packet Identifiers of a connection', () => {
  it('are all there are, from 1 on, and come to an end [MQTT-2.2.1-3]', () => {
    const identifiers = new PacketIdentifiers();
    const all = new Set(
      Array.from({ length: 65_535 }, (_, index) => identifiers.allocate(index % 2 ? done : undefined)),
    );
    expect(all.size).toBe(65_535);
    expect([...all].every((id) => id !== null && id >= 1 && id <= 65_535)).toBe(true);
    expect(identifiers.allocate()).toBeNull();
  });

  it('leave out those in use when they begin again', () => {
    const identifiers = new PacketIdentifiers();
    const [kept, ofMqttJs] = [identifiers.allocate(done), identifiers.allocate()];
    const given = new Set<number | null>();
    for (let index = 0; index < 70_000; index++) {
      const id = identifiers.allocate(done);
      given.add(id);
      identifiers.deallocate(id ?? 0);
    }
    expect(given.size).toBe(65_533);
    expect(given.has(kept) || given.has(ofMqttJs)).toBe(false);
  });

  it('know who waits for PUBACK, unless that is mqtt.js, and are free again when they are given back', () => {
    const identifiers = new PacketIdentifiers();
    const [own, ofMqttJs] = [identifiers.allocate(done) ?? 0, identifiers.allocate() ?? 0];
    expect(identifiers.awaited(own)).toBe(done);
    identifiers.deallocate(own);
    expect(identifiers.awaited(own)).toBeUndefined();
    expect(identifiers.awaited(ofMqttJs)).toBeUndefined();
    expect(identifiers.register(ofMqttJs)).toBe(false);
    identifiers.deallocate(ofMqttJs);
    expect(identifiers.register(ofMqttJs)).toBe(true);
    expect(identifiers.register(ofMqttJs)).toBe(false);
  });

  it('know which was given out last', () => {
    const identifiers = new PacketIdentifiers();
    expect(identifiers.getLastAllocated()).toBeNull();
    identifiers.allocate();
    const last = identifiers.allocate(done);
    expect(identifiers.getLastAllocated()).toBe(last);
  });
});
