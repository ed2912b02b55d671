import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { parser, type Packet } from 'mqtt-packet';
import { AcknowledgementWriter, encodeAcknowledgements } from '../../lib/session/acknowledgement-writer.js';
import type { Acknowledgement } from '../../lib/session/wire.js';

const acknowledgement: fc.Arbitrary<Acknowledgement> = fc.record({
  packetId: fc.integer({ min: 1, max: 65_535 }),
  qos: fc.constantFrom(1, 2),
  reasonCode: fc.constantFrom(0, 0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99),
});

function parse(bytes: Buffer, protocolVersion: 4 | 5): Packet[] {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion });
  reader.on('packet', (packet) => packets.push(packet));
  reader.on('error', (error: Error) => {
    throw error;
  });
  reader.parse(bytes);
  return packets;
}

describe('encodeAcknowledgements', () => {
  it.each([4, 5] as const)(
    'writes what a parser of version %d reads as the same acknowledgements',
    (protocolVersion) => {
      fc.assert(
        fc.property(fc.array(acknowledgement, { maxLength: 50 }), (acknowledgements) => {
          const packets = parse(encodeAcknowledgements(acknowledgements, protocolVersion), protocolVersion);
          const read = packets.map((packet) => ({
            cmd: packet.cmd,
            messageId: packet.messageId,
            reasonCode: 'reasonCode' in packet ? (packet.reasonCode ?? 0) : 0,
          }));
          const expected = acknowledgements.map(({ packetId, qos, reasonCode }) => ({
            cmd: qos === 1 ? 'puback' : 'pubrec',
            messageId: packetId,
            reasonCode: protocolVersion === 5 ? reasonCode : 0,
          }));
          expect(read).toEqual(expected);
        }),
      );
    },
  );

  it('takes four bytes for a success, and one more for a Reason Code where there are such', () => {
    const acknowledgements = [
      { packetId: 0x1234, qos: 1, reasonCode: 0 },
      { packetId: 0xffff, qos: 2, reasonCode: 0x83 },
    ] as const;
    expect(encodeAcknowledgements(acknowledgements, 5).toString('hex')).toBe('40021234' + '5003ffff83');
    expect(encodeAcknowledgements(acknowledgements, 4).toString('hex')).toBe('40021234' + '5002ffff');
  });
});

describe('AcknowledgementWriter', () => {
  function recorded(): { writer: AcknowledgementWriter; writes: string[] } {
    const writes: string[] = [];
    return { writer: new AcknowledgementWriter(5, (bytes) => writes.push(bytes.toString('hex'))), writes };
  }

  it('writes once for all that was added in one turn, and again for the next', async () => {
    const { writer, writes } = recorded();
    writer.add({ packetId: 1, qos: 1, reasonCode: 0 });
    writer.add({ packetId: 2, qos: 2, reasonCode: 0 });
    expect(writes).toEqual([]);
    await nextTurn();
    writer.add({ packetId: 3, qos: 1, reasonCode: 0 });
    await nextTurn();
    expect(writes).toEqual(['4002000150020002', '40020003']);
  });

  it('writes at once when it is flushed, and nothing twice', async () => {
    const { writer, writes } = recorded();
    writer.flush();
    writer.add({ packetId: 1, qos: 1, reasonCode: 0 });
    writer.flush();
    writer.flush();
    await nextTurn();
    expect(writes).toEqual(['40020001']);
  });

  it('forgets what it has when its connection has ended', async () => {
    const { writer, writes } = recorded();
    writer.add({ packetId: 1, qos: 1, reasonCode: 0 });
    writer.cancel();
    await nextTurn();
    writer.flush();
    expect(writes).toEqual([]);
  });
});
