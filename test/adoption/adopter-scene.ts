import { afterEach, beforeEach, jest } from '@jest/globals';
import { Adopter } from '../../lib/adoption/adopter.js';
import type { Presence } from '../../lib/adoption/presence-message.js';
import { KNOWN_BROKERS } from '../../lib/broker/known-brokers.js';
import type { BrokerProfile } from '../../lib/broker/profile.js';
import { Consumer, type ConsumerOptions } from '../../lib/delivery/consumer.js';
import { KeyLanes } from '../../lib/delivery/key-lanes.js';
import { EventBus } from '../../lib/observability/event-bus.js';
import type { MQTTSharedEvent } from '../../lib/observability/events.js';
import type { Will, WireListener } from '../../lib/session/wire.js';
import { promisesToSettle, route, trieOf } from '../delivery/routes.js';
import { StubHandler } from '../delivery/stub-handler.js';
import { FakeWire } from '../support/fake-wire.js';
import { FILTER, GROUP, PREFIX, presence, retained } from './presences.js';

export const AFTER = 10_000;
export const gone = presence('dead:workers:0', { state: 'gone' });

/** An {@link Adopter} over connections of the test. */
export class AdopterScene {
  readonly events: MQTTSharedEvent[] = [];
  readonly watches: FakeWire[] = [];
  /** Of the connections on which presence is watched. */
  readonly wills: (Will | undefined)[] = [];
  /** Connections with the Client Identifiers of others. */
  readonly adoptions: FakeWire[] = [];
  readonly handler = new StubHandler();
  readonly lanes = new KeyLanes();
  /** Groups whose roll call was answered. */
  readonly answered: string[] = [];
  readonly adopter: Adopter;
  profile: BrokerProfile = KNOWN_BROKERS.mosquitto;
  /** How adopting connections were opened. */
  readonly opened: unknown[] = [];
  refusal: Error | undefined;
  /** Whether the worker's own connections have the subscriptions of the group. */
  isUp = true;
  /** Reason Code of SUBACK for the presence filter. */
  suback = 1;

  constructor({ writesObituary = false } = {}) {
    const events = new EventBus((error) => {
      throw error;
    });
    for (const type of ['adopting', 'adopted', 'adoption-failed', 'disconnected', 'draining'] as const) {
      events.on(type, (event) => this.events.push(event));
    }
    this.adopter = new Adopter({
      clientId: 'w1:presence',
      answerTimeout: 1_000,
      prefix: PREFIX,
      stem: 'w1',
      incarnation: 'this process',
      after: AFTER,
      own: new Map([[GROUP, new Map([['w1:workers:0', [FILTER]]])]]),
      reconnect: { initial: 100, factor: 1, max: 100, jitter: 0 },
      events,
      watch: async (listener, _signal, will) => {
        this.wills.push(will);
        return this.open(this.watches, listener);
      },
      writesObituary,
      adoption: () => ({
        subscribe: (wire) => wire.subscribe([{ filter: FILTER, qos: 1 }]),
        protocolVersion: 5,
        profile: this.profile,
        open: async (listener, _signal, how) => {
          this.opened.push(how);
          if (this.refusal !== undefined) throw this.refusal;
          return this.open(this.adoptions, listener);
        },
        consumer: (port) => new Consumer(this.consumerOptions(events), port),
      }),
      serves: () => this.isUp,
      reassert: () => {},
      answer: (group) => this.answered.push(group),
    });
  }

  private open(wires: FakeWire[], listener: WireListener): FakeWire {
    const wire = new FakeWire({ subacks: { 'presence/workers/+': this.suback } });
    wire.listener = listener;
    wires.push(wire);
    return wire;
  }

  private consumerOptions(events: EventBus): ConsumerOptions {
    return {
      connection: 'adopted',
      routes: trieOf([route('jobs/#', [this.handler], { attempts: 2, orderBy: () => 'one key' })]),
      unmatched: route('none', []),
      lanes: this.lanes,
      concurrency: 1,
      receiveMaximum: 2,
      ackOrder: 'arrival',
      maxPayload: 100,
      reasonCodes: true,
      isReply: () => false,
      events,
    };
  }

  hear(message: Presence): void {
    this.watches.at(-1)?.deliver(retained(message));
  }

  /** What the adopting connection has published, confirmed as by a broker that takes it. */
  async confirmAll(wire: FakeWire | undefined): Promise<void> {
    for (const sent of wire?.sent ?? []) sent.confirm();
    await promisesToSettle();
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

export async function pass(milliseconds: number): Promise<void> {
  jest.advanceTimersByTime(milliseconds);
  await promisesToSettle();
}

/** Before each test of the suite, one that watches and has begun, on a clock of the test; it is stopped after it. */
export function adopterForEachTest(options?: ConstructorParameters<typeof AdopterScene>[0]): () => AdopterScene {
  let scene: AdopterScene;
  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
    scene = new AdopterScene(options);
    await scene.adopter.start();
    scene.adopter.begin();
  });
  afterEach(async () => {
    const stopped = scene.adopter.stop(0);
    await pass(0);
    await stopped;
    jest.useRealTimers();
  });
  return () => scene;
}
