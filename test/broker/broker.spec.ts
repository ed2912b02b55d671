import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { BEHAVIOURS } from 'nestjs-mqtt-shared/testing';
import { validateBrokerOption } from '../../lib/broker/broker-option.js';
import { identifyBroker } from '../../lib/broker/identify-broker.js';
import { KNOWN_BROKERS, UNKNOWN_BROKER } from '../../lib/broker/known-brokers.js';
import { recogniseBroker } from '../../lib/broker/recognise-broker.js';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { Scene } from '../support/scene.js';
import { ScriptedServer } from '../support/scripted-server.js';

describe('A broker is recognised by its CONNACK', () => {
  const all = {
    sharedSubscriptionAvailable: true,
    subscriptionIdentifiersAvailable: true,
    wildcardSubscriptionAvailable: true,
  };

  it.each([
    ['mosquitto', { receiveMaximum: 20, topicAliasMaximum: 10 }],
    ['mosquitto', { receiveMaximum: 500, topicAliasMaximum: 10, maximumPacketSize: 1_000 }],
    ['hivemq', { receiveMaximum: 10, topicAliasMaximum: 5 }],
    ['artemis', { topicAliasMaximum: 65_535, maximumPacketSize: 268_435_455 }],
    ['nanomq', all],
    ['nanomq', { ...all, receiveMaximum: 7 }],
    ['nanomq', { ...all, topicAliasMaximum: 0, maximumPacketSize: 10_485_760, sessionExpiryInterval: 0 }],
  ])('%s by %j', (name, announced) => {
    expect(recogniseBroker(announced)).toBe(name);
  });

  it.each([
    {},
    { receiveMaximum: 20 },
    { topicAliasMaximum: 10 },
    { topicAliasMaximum: 65_535 },
    { topicAliasMaximum: 65_535, maximumPacketSize: 1_048_576, retainAvailable: true, ...all },
    { ...all, sharedSubscriptionAvailable: false },
    { sharedSubscriptionAvailable: true },
  ])('and not by %j', (announced) => {
    expect(recogniseBroker(announced)).toBeUndefined();
  });
});

describe('Looking which broker it is', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives up after 3 s, and takes it for one that it does not know', async () => {
    jest.useFakeTimers();
    const looked = identifyBroker(
      (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    );
    await jest.advanceTimersByTimeAsync(3_000);
    await expect(looked).resolves.toBe(UNKNOWN_BROKER);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('The option `broker`', () => {
  it.each([undefined, 'auto', 'artemis', KNOWN_BROKERS.nanomq])('may be %p', (option) => {
    expect(() => validateBrokerOption(option)).not.toThrow();
  });

  it.each([
    ['rabbitmq', /'rabbitmq' is no broker.*'auto', 'mosquitto'.*doctor/],
    ['toString', /is no broker/],
    [null, /is no broker/],
    [{ name: 'mine' }, /lacks handsOver, .*publishWindow/],
  ])('and not %p', (option, message) => {
    expect(() => validateBrokerOption(option)).toThrow(message);
  });
});

describe('A worker', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.close());
  const jobs = SharedPattern('workers', 'jobs/#');
  const nothing = controllerFor(jobs, () => {});

  if (hasMosquitto()) {
    it.each([4, 5] as const)(
      'sees by itself that it is on Mosquitto (protocol version %i)',
      async (protocolVersion) => {
        const { url } = await scene.mosquitto();
        const { server } = await scene.worker({ url, protocolVersion, broker: 'auto' }, nothing);
        expect(server.startReport?.broker).toBe('Eclipse Mosquitto');
      },
    );
  } else {
    it.todo('Mosquitto is not installed');
  }

  it('recognises the embedded broker where it imitates no other', async () => {
    const { url } = await scene.embeddedBroker();
    const { server } = await scene.worker({ url, broker: 'auto' }, nothing);
    expect(server.startReport?.broker).toBe('embedded broker');
  });

  it('says that it does not recognise a broker, and works', async () => {
    const broker = await scene.embeddedBroker({ behaviour: { ...BEHAVIOURS.mosquitto, announces: {} } });
    const { server } = await scene.worker({ url: broker.url, broker: 'auto' }, nothing);
    expect(server.startReport?.broker).toBe('broker not recognised');
    expect(broker.clients.map(({ clientId }) => clientId)).toEqual(['test-worker:workers:0']);
  });

  it('recognises the broker at the second address where the first takes connections and says nothing', async () => {
    const silent = await ScriptedServer.start();
    scene.onClose(() => silent.stop());
    silent.script = () => {};
    const broker = await scene.embeddedBroker({ behaviour: BEHAVIOURS.nanomq });
    const { server } = await scene.worker({ url: [silent.url, broker.url], broker: 'auto' }, nothing);
    expect(server.startReport?.broker).toBe('NanoMQ');
  });

  it.each([
    ['mosquitto', 32],
    ['nanomq', undefined],
  ] as const)('on %s announces the Receive Maximum %p', async (broker, expected) => {
    const { url } = await scene.embeddedBroker();
    const proxy = await scene.proxy(url);
    await scene.worker({ url: proxy.url, broker }, nothing);
    const [connect] = proxy.packets(({ packet }) => packet.cmd === 'connect');
    expect(connect?.packet).not.toBeUndefined();
    expect(connect?.packet.cmd === 'connect' && connect.packet.properties?.receiveMaximum).toBe(expected);
  });

  it.each(['artemis', 'hivemq'] as const)(
    'on %s leaves to others what it has not begun, and its session to whoever ends it',
    async (name) => {
      const broker = await scene.embeddedBroker();
      const proxy = await scene.proxy(broker.url);
      const handler = new ControlledHandler();
      const worker = await scene.worker(
        { url: proxy.url, broker: name, adoption: true, clientId: 'w1', concurrency: 1 },
        controllerFor(jobs, handler.handle),
      );
      const publisher = await scene.publisher(broker.url);
      await publisher.publish('jobs/a', ['begun', 'waiting']);
      await worker.events.take('received', 2);
      const closed = worker.close();
      handler.finishAll();
      await closed;

      expect(handler.started).toEqual(['begun']);
      expect(proxy.packets(({ packet }) => packet.cmd === 'unsubscribe')).toEqual([]);
      expect(await scene.sessionPresent(broker.url, 'w1:workers:0', 5)).toBe(true);
      expect(worker.events.of('drained')).toEqual([expect.objectContaining({ left: 1, handedOver: true })]);
    },
  );

  it('on HiveMQ asks again, each second in which nothing comes, for what its broker may hold back', async () => {
    const { url } = await scene.embeddedBroker();
    const proxy = await scene.proxy(url);
    const worker = await scene.worker({ url: proxy.url, broker: 'hivemq' }, nothing);
    const asked = (): number => proxy.packets(({ packet }) => packet.cmd === 'subscribe').length;
    await proxy.waitFor(({ packet }) => packet.cmd === 'subscribe' && asked() >= 3);
    await worker.close();
    expect(asked()).toBeGreaterThanOrEqual(3);
  });

  it('begins with one connection, before others subscribe to the same filters', async () => {
    const { url } = await scene.embeddedBroker();
    const proxy = await scene.proxy(url);
    await scene.worker({ url: proxy.url, connections: 3 }, nothing);
    const order = proxy
      .packets(({ packet }) => packet.cmd === 'suback' || packet.cmd === 'connect')
      .map(({ packet }) => packet.cmd);
    expect(order.slice(0, 2)).toEqual(['connect', 'suback']);
    expect(order.filter((cmd) => cmd === 'connect')).toHaveLength(3);
  });
});
