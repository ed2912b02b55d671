import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { generate, parser, type Packet } from 'mqtt-packet';
import { addAcknowledgement } from '../../lib/session/acknowledgement-packet.js';
import { PacketWriter } from '../../lib/session/packet-writer.js';
import { addPublish, publishSize } from '../../lib/session/publish-packet.js';
import type { Acknowledgement, OutboundPublish, ProtocolVersion } from '../../lib/session/wire.js';
import fc from '../support/fast-check.js';
import { outboundPublish } from '../support/outbound-publish.js';

function parse(bytes: Buffer, protocolVersion: ProtocolVersion): Packet[] {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion });
  reader.on('packet', (packet) => packets.push(packet));
  reader.on('error', (error: Error) => {
    throw error;
  });
  reader.parse(bytes);
  return packets;
}

/** Comparing long payloads byte by byte takes Jest minutes. */
function withDigest(packet: Packet): object {
  const payload = 'payload' in packet ? packet.payload : '';
  return { ...packet, payload: createHash('sha1').update(payload).digest('hex') };
}

/** What leaves when these are added in one turn. */
function written(add: (writer: PacketWriter) => void): Buffer {
  const writes: Buffer[] = [];
  const writer = new PacketWriter((bytes) => writes.push(bytes));
  add(writer);
  writer.flush();
  return Buffer.concat(writes);
}

const acknowledgement: fc.Arbitrary<Acknowledgement> = fc.record({
  packetId: fc.integer({ min: 1, max: 65_535 }),
  qos: fc.constantFrom(1, 2),
  reasonCode: fc.constantFrom(0, 0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99),
});

function acknowledgements(given: readonly Acknowledgement[], protocolVersion: ProtocolVersion): Buffer {
  return written((writer) => given.forEach((each) => addAcknowledgement(writer, each, protocolVersion)));
}

describe('An acknowledgement', () => {
  it.each([4, 5] as const)('is read by a parser of version %d as what it was', (protocolVersion) => {
    fc.assert(
      fc.property(fc.array(acknowledgement, { maxLength: 50 }), (given) => {
        const packets = parse(acknowledgements(given, protocolVersion), protocolVersion);
        const read = packets.map((packet) => ({
          cmd: packet.cmd,
          messageId: packet.messageId,
          reasonCode: 'reasonCode' in packet ? (packet.reasonCode ?? 0) : 0,
        }));
        const expected = given.map(({ packetId, qos, reasonCode }) => ({
          cmd: qos === 1 ? 'puback' : 'pubrec',
          messageId: packetId,
          reasonCode: protocolVersion === 5 ? reasonCode : 0,
        }));
        expect(read).toEqual(expected);
      }),
    );
  });

  it('takes four bytes for a success, and one more for a Reason Code where there are such', () => {
    const given = [
      { packetId: 0x1234, qos: 1, reasonCode: 0 },
      { packetId: 0xffff, qos: 2, reasonCode: 0x83 },
    ] as const;
    expect(acknowledgements(given, 5).toString('hex')).toBe('40021234' + '5003ffff83');
    expect(acknowledgements(given, 4).toString('hex')).toBe('40021234' + '5002ffff');
  });
});

describe('A PUBLISH packet', () => {
  it.each([4, 5] as const)('has the fields that mqtt-packet gives it on protocol version %i', (protocolVersion) => {
    const numbered = fc.tuple(outboundPublish, fc.integer({ min: 1, max: 65_535 }));
    fc.assert(
      fc.property(fc.array(numbered, { minLength: 1, maxLength: 5 }), (messages) => {
        const bytes = written((writer) => {
          for (const [message, packetId] of messages) addPublish(writer, message, packetId, protocolVersion);
        });
        const expected = messages.map(([message, messageId]) =>
          generate({ ...message, cmd: 'publish', dup: false, messageId }, { protocolVersion }),
        );
        const read = expected.flatMap((each) => parse(each, protocolVersion));
        expect(parse(bytes, protocolVersion).map(withDigest)).toEqual(read.map(withDigest));
        expect(bytes).toHaveLength(Buffer.concat(expected).length);
      }),
    );
  });

  // Where a Variable Byte Integer takes one byte more (section 1.5.5).
  const lengths = [127, 128, 16_383, 16_384, 2_097_151, 2_097_152];
  const message = { topic: 't', payload: '', qos: 0, retain: false } as const;

  it.each(lengths)('with a Remaining Length of %i is as mqtt-packet writes it', (length) => {
    const long = { ...message, payload: Buffer.alloc(length - 3) };
    const bytes = written((writer) => addPublish(writer, long, 0, 4));
    expect(bytes.equals(generate({ ...long, cmd: 'publish', dup: false }, { protocolVersion: 4 }))).toBe(true);
    expect(publishSize(long, 4)).toBe(bytes.length);
  });

  it.each(lengths.slice(0, 4))('with a Property Length of %i is as mqtt-packet writes it', (length) => {
    const long = { ...message, properties: { correlationData: Buffer.alloc(length - 3) } };
    const bytes = written((writer) => addPublish(writer, long, 0, 5));
    expect(bytes.equals(generate({ ...long, cmd: 'publish', dup: false }, { protocolVersion: 5 }))).toBe(true);
    expect(publishSize(long, 5)).toBe(bytes.length);
  });
});

describe('PacketWriter', () => {
  function recorded(): { writer: PacketWriter; writes: Buffer[]; left: () => void } {
    const writes: Buffer[] = [];
    const callbacks: (() => void)[] = [];
    const writer = new PacketWriter((bytes, whenLeft = () => {}) => {
      writes.push(bytes);
      callbacks.push(whenLeft);
    });
    return { writer, writes, left: () => callbacks.splice(0).forEach((callback) => callback()) };
  }

  function add(writer: PacketWriter, ...packetIds: number[]): void {
    for (const packetId of packetIds) addAcknowledgement(writer, { packetId, qos: 1, reasonCode: 0 }, 5);
  }

  function hex(writes: readonly Buffer[]): string[] {
    return writes.map((bytes) => bytes.toString('hex'));
  }

  it('writes once for all that was added in one turn, and again for the next', async () => {
    const { writer, writes } = recorded();
    add(writer, 1, 2);
    expect(writes).toEqual([]);
    await nextTurn();
    add(writer, 3);
    await nextTurn();
    expect(hex(writes)).toEqual(['4002000140020002', '40020003']);
  });

  it('writes at once when it is flushed, and nothing twice', async () => {
    const { writer, writes } = recorded();
    writer.flush();
    add(writer, 1);
    writer.flush();
    writer.flush();
    await nextTurn();
    expect(hex(writes)).toEqual(['40020001']);
  });

  it('forgets what it has when its connection has ended', async () => {
    const { writer, writes, left } = recorded();
    const told: string[] = [];
    add(writer, 1);
    writer.whenWritten(() => told.push('of what was forgotten'));
    writer.cancel();
    await nextTurn();
    writer.flush();
    expect(writes).toEqual([]);
    add(writer, 2);
    writer.flush();
    left();
    expect(told).toEqual([]);
  });

  it('never uses bytes again that were handed over, however many there are', async () => {
    const { writer, writes } = recorded();
    const payload = (index: number): Buffer => Buffer.alloc(index === 50 ? 50_000 : 700, index);
    const message = (index: number): OutboundPublish => ({
      topic: 't',
      payload: payload(index),
      qos: 0,
      retain: false,
    });
    for (let index = 0; index < 100; index++) {
      addPublish(writer, message(index), 0, 5);
      if (index % 7 === 0) writer.flush();
    }
    await nextTurn();
    const arrived = parse(Buffer.concat(writes), 5).map((packet) => ('payload' in packet ? packet.payload : ''));
    expect(arrived.map((each, index) => payload(index).equals(Buffer.from(each)))).toEqual(Array(100).fill(true));
  });

  it('tells when what was added has left, and not of what came later', () => {
    const { writer, left } = recorded();
    const told: string[] = [];
    add(writer, 1);
    writer.whenWritten(() => told.push('first'));
    writer.flush();
    add(writer, 2);
    writer.whenWritten(() => told.push('second'));
    expect(told).toEqual([]);
    left();
    expect(told).toEqual(['first']);
    writer.flush();
    left();
    expect(told).toEqual(['first', 'second']);
  });
});
