import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { generate, type Packet, parser } from 'mqtt-packet';
import { IncomingPackets } from '../../lib/session/incoming-packets.js';
import type { InboundPublish, OutboundPublish, ProtocolVersion } from '../../lib/session/wire.js';
import fc from '../support/fast-check.js';
import { outboundPublish } from '../support/outbound-publish.js';

const VERSIONS = [4, 5] as const;
const CONNACK: Packet = { cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: true };

/** Tells of everything in one log, in words that mqtt-packet's parser would use. */
class Reader {
  readonly log: object[] = [];
  readonly errors: string[] = [];
  readonly incoming: IncomingPackets;
  /** Numbers of the messages after which reading stops until {@link resume}. */
  readonly stopAfter = new Set<number>();
  private messages = 0;

  constructor(
    protocolVersion: ProtocolVersion,
    private readonly stopped: () => void = () => {},
  ) {
    const mqttJs = parser({ protocolVersion });
    mqttJs.on('packet', (packet) => this.log.push(told(packet)));
    const toMqttJs = new Writable({
      write(bytes: Buffer, _encoding, done) {
        mqttJs.parse(bytes);
        // mqtt.js is often not through with a packet when it has been given it.
        setImmediate(done);
      },
    });
    this.incoming = new IncomingPackets(toMqttJs, protocolVersion, {
      publish: (packet) => this.publish(packet),
      puback: (messageId, reasonCode) => this.log.push({ cmd: 'puback', messageId, reasonCode }),
      pubrel: (messageId) => this.log.push({ cmd: 'pubrel', messageId }),
      malformed: ({ message }) => this.errors.push(message),
    });
  }

  private publish(packet: InboundPublish): boolean {
    const { topic, payload, qos, dup, retain, packetId, properties } = packet;
    this.log.push(told({ cmd: 'publish', topic, payload, qos, dup, retain, messageId: packetId, properties }));
    const goesOn = !this.stopAfter.has(this.messages++);
    if (!goesOn) this.stopped();
    return goesOn;
  }

  write(...packets: (Packet | Buffer)[]): void {
    for (const packet of packets) this.incoming.stream.write(Buffer.isBuffer(packet) ? packet : generate(packet));
  }
}

/** What counts of a packet. */
function told(packet: Packet): object {
  switch (packet.cmd) {
    case 'publish': {
      const { topic, qos, dup, retain, properties } = packet;
      const payload = Buffer.from(packet.payload);
      const messageId = qos === 0 ? 0 : packet.messageId;
      const content = payload.length > 1_000 ? payload.length : payload.toString('hex');
      const entries = properties && JSON.stringify(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)));
      return { cmd: 'publish', topic, content, qos, dup, retain, messageId, entries };
    }
    case 'puback':
      return { cmd: 'puback', messageId: packet.messageId, reasonCode: packet.reasonCode ?? 0 };
    case 'suback':
      return { cmd: 'suback', messageId: packet.messageId, granted: packet.granted };
    default:
      return { cmd: packet.cmd, messageId: packet.messageId };
  }
}

function parsed(bytes: Buffer, protocolVersion: ProtocolVersion): object[] {
  const packets: object[] = [];
  const reference = parser({ protocolVersion });
  reference.on('packet', (packet) => packets.push(told(packet)));
  reference.on('error', (error: Error) => {
    throw error;
  });
  reference.parse(bytes);
  return packets;
}

const messageId = fc.integer({ min: 1, max: 65_535 });
const subscriptionIdentifier = fc.option(fc.constantFrom(1, 127, 128, 268_435_455), { nil: undefined });

/** The other parser forgets an empty User Property that one of the same name follows. */
function isReadByBoth({ properties }: OutboundPublish): boolean {
  return Object.values(properties?.userProperties ?? {}).every((value) => !Array.isArray(value) || !value.includes(''));
}

const publish = fc
  .record({ message: outboundPublish.filter(isReadByBoth), messageId, dup: fc.boolean(), subscriptionIdentifier })
  .map(({ message, dup, subscriptionIdentifier: identifier, ...rest }): Packet => {
    const properties = {
      ...message.properties,
      ...(identifier !== undefined && { subscriptionIdentifier: identifier }),
    };
    return { cmd: 'publish', ...message, ...rest, dup: dup && message.qos > 0, properties };
  });

const answer = fc.oneof(
  fc.record({ cmd: fc.constant('puback'), messageId, reasonCode: fc.constantFrom(0, 0x10, 0x97) }),
  fc.record({ cmd: fc.constantFrom('pubrel', 'pubrec', 'pubcomp'), messageId }),
  fc.record({ cmd: fc.constant('suback'), messageId, granted: fc.constant([1, 0x80]) }),
  fc.record({ cmd: fc.constant('unsuback'), messageId, granted: fc.constant([0]) }),
  fc.constant({ cmd: 'pingresp' }),
) as fc.Arbitrary<Packet>;

const packets = fc.array(fc.oneof({ arbitrary: publish, weight: 2 }, answer), { maxLength: 30 });

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let rest = bytes;
  for (const size of sizes) {
    pieces.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  return [...pieces, rest].filter(({ length }) => length > 0);
}

/** CONNACK holds up what follows until mqtt.js is done with it. */
const afterConnack = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe.each(VERSIONS)('What comes in on a connection of MQTT version %d', (protocolVersion) => {
  it('is what another parser reads, in its order, however it is cut into pieces and wherever reading stops', async () => {
    await fc.assert(
      fc.asyncProperty(
        packets,
        fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.nat(100_000)), { maxLength: 60 }),
        fc.array(fc.nat(30)),
        async (sent, sizes, stops) => {
          const bytes = Buffer.concat([CONNACK, ...sent].map((packet) => generate(packet, { protocolVersion })));
          const reader = new Reader(protocolVersion, () => setImmediate(() => reader.incoming.resume()));
          for (const stop of stops) reader.stopAfter.add(stop);
          reader.incoming.resume();
          const { stream } = reader.incoming;
          Readable.from(cut(bytes, sizes)).pipe(stream);
          // CONNACK stops reading too.
          setImmediate(() => reader.incoming.resume());
          await once(stream, 'finish');
          expect(reader.errors).toEqual([]);
          expect(reader.log).toEqual(parsed(bytes, protocolVersion));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is read on without a pause where the owner resumes while it is told of the message that stops it', async () => {
    const reader = new Reader(protocolVersion, () => reader.incoming.resume());
    const count = 5_000;
    for (let number = 0; number < count; number++) reader.stopAfter.add(number);
    reader.write(CONNACK);
    reader.incoming.resume();
    await afterConnack();
    const one = generate(
      { cmd: 'publish', topic: 'a', payload: '', qos: 0, dup: false, retain: false },
      { protocolVersion },
    );
    reader.write(Buffer.concat(Array<Buffer>(count).fill(one)));
    expect(reader.log).toHaveLength(count + 1);
    expect(reader.incoming.isPaused).toBe(false);
  });

  it('is passed over where it is a message and the owner leaves, and no pause holds up the rest', async () => {
    const reader = new Reader(protocolVersion);
    reader.stopAfter.add(0);
    reader.write(CONNACK);
    reader.incoming.resume();
    await afterConnack();
    const message: Packet = {
      cmd: 'publish',
      topic: 'a',
      payload: '',
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    };
    const packets: Packet[] = [message, message, { cmd: 'pubrel', messageId: 2 }, { cmd: 'puback', messageId: 3 }];
    reader.write(Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion }))));
    expect(reader.log).toHaveLength(2);
    reader.incoming.leave();
    expect(reader.log.slice(2)).toEqual([{ cmd: 'puback', messageId: 3, reasonCode: 0 }]);
  });

  it.each([
    ['a PUBLISH at QoS 3', [0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01]],
    ['a PUBLISH at QoS 1 with the Packet Identifier 0', [0x32, 0x06, 0x00, 0x01, 0x61, 0x00, 0x00, 0x00]],
    ['a PUBLISH without a Topic Name', [0x30, 0x03, 0x00, 0x00, 0x00]],
    ['a PUBLISH that ends within its Topic Name', [0x30, 0x03, 0x00, 0x09, 0x61]],
    ['a PUBLISH that ends before its Packet Identifier', [0x32, 0x03, 0x00, 0x01, 0x61]],
    ['a Remaining Length of five bytes', [0x30, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a PUBACK without a Packet Identifier', [0x40, 0x00]],
    ['a PUBREC that ends too early', [0x50, 0x01, 0x00]],
    ['a PUBCOMP that ends too early', [0x70, 0x00]],
    ['a SUBACK without a Reason Code', [0x90, 0x02, 0x00, 0x01]],
    ['an UNSUBACK that ends too early', [0xb0, 0x01, 0x00]],
    ['a PUBREL without its flags', [0x60, 0x02, 0x00, 0x01]],
    ['a packet that only clients send', [0x82, 0x02, 0x00, 0x01]],
    ['text', [...Buffer.from('HTTP/1.1 400 Bad Request')]],
  ])('ends with %s, and nothing that follows is taken', async (_what, bytes) => {
    const reader = new Reader(protocolVersion);
    reader.write(CONNACK);
    reader.incoming.resume();
    await afterConnack();
    reader.write(Buffer.concat([Buffer.from(bytes), generate({ cmd: 'puback', messageId: 7 })]));
    reader.write({ cmd: 'puback', messageId: 8 });
    reader.incoming.resume();
    expect(reader.errors).toHaveLength(1);
    expect(reader.log).toEqual([{ cmd: 'connack', messageId: undefined }]);
  });

  it('is no MQTT when a packet comes before CONNACK', () => {
    const reader = new Reader(protocolVersion);
    reader.write({ cmd: 'publish', topic: 'jobs', payload: 'a', qos: 0, dup: false, retain: false });
    expect(reader.errors).toEqual(['a packet before CONNACK']);
    expect(reader.log).toEqual([]);
  });
});

describe('The properties of a PUBLISH', () => {
  function read(...properties: number[]): Reader {
    const reader = new Reader(5);
    const remaining = [0x00, 0x01, 0x61, properties.length, ...properties];
    reader.write(CONNACK);
    reader.incoming.resume();
    reader.write(Buffer.from([0x30, remaining.length, ...remaining]));
    return reader;
  }
  it('may have several Subscription Identifiers', async () => {
    const { log } = read(0x0b, 0x01, 0x0b, 0x80, 0x01);
    await afterConnack();
    expect(log[1]).toMatchObject({ entries: '[["subscriptionIdentifier",[1,128]]]' });
  });

  it('may have a User Property with the name of a property of objects', async () => {
    const name = [...Buffer.from('__proto__')];
    const { log } = read(0x26, 0x00, name.length, ...name, 0x00, 0x01, 0x62);
    await afterConnack();
    expect(log[1]).toMatchObject({ entries: '[["userProperties",{"__proto__":"b"}]]' });
  });

  it.each([
    ['a Topic Alias, which was not allowed', [0x23, 0x00, 0x01]],
    ['one that there is not', [0x7f, 0x00]],
    ['one that ends too early', [0x02, 0x00]],
    ['one of CONNECT', [0x11, 0x00, 0x00, 0x00, 0x01]],
  ])('end the connection with %s', async (_what, properties) => {
    const { log, errors } = read(...properties);
    await afterConnack();
    expect(errors).toHaveLength(1);
    expect(log).toHaveLength(1);
  });
});
