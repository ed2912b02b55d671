import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { Bench } from '../../lib/doctor/bench.js';
import type { Probe } from '../../lib/doctor/probe.js';
import { ackOrderProbe } from '../../lib/doctor/probes/ack-order.probe.js';
import { burstProbe } from '../../lib/doctor/probes/burst.probe.js';
import { distributionProbe } from '../../lib/doctor/probes/distribution.probe.js';
import { grantedQoSProbe } from '../../lib/doctor/probes/granted-qos.probe.js';
import { presenceProbe } from '../../lib/doctor/probes/presence.probe.js';
import { receiveMaximumProbe } from '../../lib/doctor/probes/receive-maximum.probe.js';
import { resendsProbe } from '../../lib/doctor/probes/resends.probe.js';
import { retainedProbe } from '../../lib/doctor/probes/retained.probe.js';
import { openMqttWire } from '../../lib/session/mqtt-wire.js';
import type { Wire } from '../../lib/session/wire.js';
import { Scene } from '../support/scene.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { actAsPlainBroker } from '../support/plain-broker.js';

let scene: Scene;
let abort: AbortController;

beforeEach(() => {
  scene = new Scene();
  abort = new AbortController();
});

afterEach(() => scene.close());

function benchOn(broker: EmbeddedBroker, protocolVersion: 4 | 5 = 5, owner = scene): Bench {
  let clients = 0;
  const bench = new Bench({
    open: openMqttWire,
    connection: { url: broker.url, protocolVersion },
    topic: 'probe',
    group: 'g',
    nextClientId: () => `client-${++clients}`,
    signal: owner === scene ? abort.signal : new AbortController().signal,
  });
  owner.onClose(() => bench.close());
  return bench;
}

function withholdMessages(broker: EmbeddedBroker, which: (id: string) => boolean): void {
  broker.withhold((packet) => packet.cmd === 'publish' && which(packet.payload.toString()));
}

async function found<F>(probe: Probe<F>, broker: EmbeddedBroker, owner = scene): Promise<{ finding: F; says: string }> {
  const finding = await probe.run(benchOn(broker, 5, owner));
  return { finding, says: probe.tell(finding) };
}

/** They wait for what does not come, and so wait together. */
describe('A probe that waits in vain', () => {
  const together = new Scene();
  let results: PromiseSettledResult<{ finding: unknown; says: string }>[];

  beforeAll(async () => {
    const brokers = await Promise.all(Array.from({ length: 4 }, () => together.embeddedBroker()));
    const [excess, one, others, silent] = brokers as [EmbeddedBroker, EmbeddedBroker, EmbeddedBroker, EmbeddedBroker];
    withholdMessages(excess, (id) => id === 'm3' || id === 'm4');
    withholdMessages(one, (id) => id === 'm7');
    withholdMessages(others, (id) => id !== 'm1');
    silent.on('subscribe', ({ clientId }) => setImmediate(() => silent.silence(clientId)));
    results = await Promise.allSettled([
      found(receiveMaximumProbe, excess, together),
      found(distributionProbe, one, together),
      found(ackOrderProbe, others, together),
      found(grantedQoSProbe, silent, together),
    ]);
  });

  afterAll(() => together.close());

  it('counts what is dropped beyond a Receive Maximum', () => {
    expect(results[0]).toMatchObject({
      value: { finding: { atOnce: 2, lost: 2 }, says: expect.stringContaining('2 are lost') },
    });
  });

  it('counts what does not arrive', () => {
    expect(results[1]).toMatchObject({
      value: { finding: { lost: 1, twice: 0 }, says: expect.stringContaining('1 lost') },
    });
  });

  it('says that the order of acknowledgements cannot be found out where messages come one at a time', () => {
    expect(results[2]).toMatchObject({ reason: { message: expect.stringContaining('one message at a time') } });
  });

  it('says which answer did not come when the broker falls silent', () => {
    expect(results[3]).toMatchObject({ reason: { message: 'SUBACK did not come within 5 s' } });
  });
});

describe('A probe', () => {
  it('sees that a message comes again on the same connection', async () => {
    const broker = await scene.embeddedBroker();
    broker.on('deliver', ({ dup, clientId }) => {
      if (!dup) setImmediate(() => broker.resend(clientId));
    });
    const { finding, says } = await found(resendsProbe, broker);
    expect(finding).toMatchObject({ resends: true, dup: true, samePacketId: true });
    expect(says).toBe('at once, with DUP, same Packet Identifier');
  });

  it('sees that a publisher of too much at once is disconnected, and with what', async () => {
    const { finding, says } = await found(burstProbe, await scene.embeddedBroker({ receiveMaximum: 10 }));
    expect(finding).toMatchObject({ qos1: { disconnected: 0x93 }, qos2: { disconnected: 0x93 } });
    expect(says).toContain('the publisher is disconnected with 0x93 (Receive Maximum exceeded)');
  });

  it('sees a QoS that is granted lower than asked for', async () => {
    const broker = await scene.embeddedBroker({ maximumQoS: 1 });
    expect(await found(grantedQoSProbe, broker)).toEqual({ finding: { granted: [1, 1] }, says: '1 and 1' });
  });

  it('sees that the presence topic is forbidden', async () => {
    const broker = await scene.embeddedBroker({ retainAvailable: false });
    expect((await found(presenceProbe, broker)).says).toMatch(/^no: /);
  });

  it('does not ask about retained messages where there are none', async () => {
    const broker = await scene.embeddedBroker({ retainAvailable: false });
    await expect(found(retainedProbe, broker)).rejects.toThrow('it keeps no retained messages');
  });

  it('ends at once when it is told to, and leaves nothing behind', async () => {
    const broker = await scene.embeddedBroker();
    const bench = benchOn(broker, 4);
    const held = new Promise<void>((resolve) => broker.on('deliver', () => resolve()));
    const probing = ackOrderProbe.run(bench);
    await held;
    abort.abort(new Error('enough'));
    await expect(probing).rejects.toThrow(/enough|Lost the connection/);
    expect(await bench.close()).toEqual([]);
    expect(broker.clients).toEqual([]);
  });

  it('says what it could not remove', async () => {
    const broker = await scene.embeddedBroker();
    const bench = benchOn(broker);
    await bench.subscriber({ session: 'persistent' });
    await bench.publish(['kept'], { topic: 'probe/kept', retain: true });
    await broker.close();
    expect(await bench.close()).toEqual(['the session of client-1', 'the retained message on probe/kept']);
  });
});

describe('On a broker whose access rules refuse messages, a bench', () => {
  const topic = 'presence/forbidden';

  /** What it says that it left, and the connections that it opened. */
  async function closedBench(refuses: (payload: string) => boolean): Promise<{ left: string[]; wires: Wire[] }> {
    const server = await ScriptedServer.start();
    scene.onClose(() => server.stop());
    actAsPlainBroker(server, { puback: ({ payload }) => (refuses(payload.toString()) ? 0x87 : 0) });
    const wires: Wire[] = [];
    const bench = new Bench({
      open: async (...args) => {
        const wire = await openMqttWire(...args);
        wires.push(wire);
        return wire;
      },
      connection: { url: server.url, protocolVersion: 5 },
      topic: 'probe',
      group: 'g',
      nextClientId: () => `client-${wires.length + 1}`,
      signal: abort.signal,
    });
    await bench.publish(['here'], { topic, retain: true }).catch(() => undefined);
    return { left: await bench.close(), wires };
  }

  it('has not left a retained message that was refused', async () => {
    expect((await closedBench(() => true)).left).toEqual([]);
  });

  it('says which retained message it may not clear, and leaves no connection open', async () => {
    const { left, wires } = await closedBench((payload) => payload === '');
    expect(left).toEqual([`the retained message on ${topic}`]);
    expect(wires.map(({ open }) => open)).toEqual([false, false]);
  });
});
