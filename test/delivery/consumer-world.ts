import { jest } from '@jest/globals';
import { Consumer, type ConsumerOptions } from '../../lib/delivery/consumer.js';
import type { Delivery } from '../../lib/delivery/delivery.js';
import type { Handler } from '../../lib/delivery/handler.js';
import { KeyLanes } from '../../lib/delivery/key-lanes.js';
import { ACKNOWLEDGE, type FailureEnd, HOLD, type Settlement } from '../../lib/failure/failure-policy.js';
import { RejectMessage } from '../../lib/failure/verdicts.js';
import { EventBus } from '../../lib/observability/event-bus.js';
import type { Acknowledgement, InboundPublish } from '../../lib/session/wire.js';
import { promisesToSettle, route, trieOf } from './routes.js';
import { SimulatedBroker, type SimulatedMessage } from './simulated-broker.js';
import { type Call, StubHandler } from './stub-handler.js';

export type WorldOptions = Pick<ConsumerOptions, 'ackOrder' | 'concurrency' | 'receiveMaximum' | 'reasonCodes'>;

export const KINDS = ['jobs', 'pair', 'manual', 'keyed', 'narrow', 'dead', 'unmatched', 'reply'] as const;

const NARROW = 1;

/** A PUBLISH that this connection brought and whose acknowledgement it has not seen. */
interface Pending {
  readonly id: string;
  readonly qos: number;
  readonly arrival: number;
}

/** A {@link Consumer} between a simulated broker and handlers of the test; it keeps its own books and compares. */
export class ConsumerWorld {
  /** Each breach, beginning with the invariant's name. */
  readonly breaches: string[] = [];
  readonly lanes = new KeyLanes();
  readonly consumer: Consumer;
  readonly broker: SimulatedBroker;
  private readonly calls: Call[] = [];
  private connected = true;
  private paused = false;
  private startsHeld = false;
  private resentWhileConnected = false;
  private triesNoMore = false;
  /** What fails for good is acknowledged now instead of held, so that it cannot fill the window for ever. */
  private quiescing = false;
  private readonly givenUp = new Set<string>();
  private readonly ending: { readonly id: string; readonly resolve: (settlement: Settlement) => void }[] = [];
  private session = 0;
  private reconnects = 0;
  private messages = 0;
  private arrivals = 0;
  private lastAcknowledged = 0;
  private lastStartOfKey = new Map<string, number>();
  private readonly pending = new Map<number, Pending>();
  private readonly arrivalOf = new Map<string, number>();
  private readonly openQoS0 = new Set<string>();
  private readonly decided = new Map<Delivery, Set<Handler>>();
  private readonly sessionOf = new Map<Delivery, number>();
  private readonly lastAttempt = new Map<Delivery, number>();
  /** Messages by id whose acknowledgement was written, with the session and QoS. */
  private readonly acknowledgedIn = new Map<string, { session: number; exactlyOnce: boolean }>();

  constructor(private readonly options: WorldOptions) {
    this.broker = new SimulatedBroker((message) => this.brokerHoldsDone(message));
    const events = new EventBus((error) => this.breach('listeners do not throw', String(error)));
    events.on('handled', ({ message }) => this.openQoS0.delete(idOf(message.topic)));
    events.on('failed', ({ message, error }) => {
      if (error instanceof RejectMessage) this.openQoS0.delete(idOf(message.topic));
    });
    const end: FailureEnd = {
      settle: ({ packet }) => {
        const id = idOf(packet.topic);
        this.openQoS0.delete(id);
        if (!this.quiescing) return HOLD;
        this.givenUp.add(id);
        return ACKNOWLEDGE;
      },
    };
    const slowEnd: FailureEnd = {
      settle: ({ packet }) => new Promise((resolve) => this.ending.push({ id: idOf(packet.topic), resolve })),
    };
    const stub = (name: string, ack: 'auto' | 'manual' = 'auto'): StubHandler =>
      new StubHandler({ name, ack, called: (call) => this.started(call) });
    const twice = { attempts: 2, end };
    const routes = [
      route('jobs/#', [stub('jobs')], twice),
      route('pair/#', [stub('first'), stub('second')], twice),
      route('manual/#', [stub('manual', 'manual'), stub('beside')], twice),
      route('keyed/#', [stub('keyed')], { ...twice, orderBy: ({ packet }) => keyOf(packet.topic) }),
      route('narrow/#', [stub('narrow')], { ...twice, concurrency: NARROW }),
      route('dead/#', [stub('dead')], { attempts: 1, end: slowEnd }),
    ];
    this.consumer = new Consumer(
      {
        ...options,
        connection: 'client',
        routes: trieOf(routes),
        unmatched: route('none', [], { end }),
        lanes: this.lanes,
        maxPayload: 100,
        isReply: ({ topic }) => topic.startsWith('reply/'),
        events,
      },
      {
        acknowledge: (acknowledgement) => this.acknowledged(acknowledgement),
        resume: () => this.resumed(),
        held: () => {},
      },
    );
    this.consumer.attach(false);
  }

  // --- what the test does -----------------------------------------------------------------------------------------

  publish(kind: (typeof KINDS)[number], qos: 0 | 1 | 2, key: number): void {
    if (this.broker.inFlight.size >= 10 || !this.connected) return;
    if (this.triesNoMore && qos === 0) return;
    const id = `${kind === 'reply' ? 'r' : 'm'}${++this.messages}`;
    this.broker.send({ id, topic: `${kind}/${key}/${id}`, qos });
  }

  finish(index: number, succeeds: boolean): void {
    const call = pick(this.running, index);
    if (call === undefined) return;
    if (succeeds && call.attempt.handler.ack === 'auto' && call.attempt.verdict === undefined) this.decide(call);
    if (succeeds) call.succeed();
    else call.fail();
  }

  /** From within a handler that runs, or long after, where it acknowledges by hand. */
  acknowledge(index: number, reasonCode: number): void {
    const call = pick(this.undecided, index);
    if (call === undefined) return;
    this.decide(call);
    if (reasonCode === 0) call.attempt.ack();
    else call.attempt.reject(reasonCode);
  }

  /** What takes its time to end a failed message, like publishing it elsewhere, has succeeded or failed. */
  endFailed(index: number, succeeds: boolean): void {
    const ending = pick(this.ending, index);
    if (ending === undefined) return;
    this.ending.splice(this.ending.indexOf(ending), 1);
    this.openQoS0.delete(ending.id);
    if (succeeds) this.givenUp.add(ending.id);
    ending.resolve(succeeds ? ACKNOWLEDGE : HOLD);
  }

  /** As when the server closes: what has failed, or fails from now on, is left to the broker. */
  tryNoMore(): void {
    const isUnread = this.broker.toClient.some((each) => each.kind === 'publish' && each.packet.qos === 0);
    if (this.openQoS0.size > 0 || isUnread) return; // what becomes of them then nothing tells
    this.triesNoMore = true;
    this.consumer.tryWithin(0);
  }

  passTime(): void {
    if (jest.getTimerCount() > 0) jest.advanceTimersToNextTimer();
  }

  resendWhileConnected(index: number): void {
    if (this.connected && this.broker.resend(index)) this.resentWhileConnected = true;
  }

  loseConnection(): void {
    if (!this.connected) return;
    this.connected = false;
    this.broker.loseConnection();
    this.consumer.detach();
  }

  reconnect(sessionPresent: boolean): void {
    if (this.connected) return;
    this.connected = true;
    this.reconnects++;
    this.paused = false;
    this.pending.clear();
    this.lastStartOfKey.clear();
    if (sessionPresent) {
      this.broker.resume();
    } else {
      this.session++;
      this.broker.forgetSession();
    }
    this.consumer.attach(sessionPresent);
  }

  holdStarts(hold: boolean): void {
    this.startsHeld = hold;
    if (hold) this.consumer.holdStarts();
    else this.consumer.allowStarts();
  }

  /** Lets happen what follows from the last step, then looks at what must hold between steps. */
  async settle(): Promise<void> {
    await promisesToSettle();
    while (this.connected && !this.paused && this.broker.toClient.length > 0) {
      this.readOn();
      await promisesToSettle();
    }
    const { unsettled, running } = this.consumer.snapshot();
    const { receiveMaximum, concurrency } = this.options;
    const runningDeliveries = new Set(this.running.map(({ attempt }) => attempt.delivery));
    if (running !== runningDeliveries.size) this.breach('the snapshot counts', `${running} running`);
    if (running > concurrency) this.breach('never more than concurrency at once', `${running}`);
    if (!this.connected) return;
    const inHand = this.pending.size + this.openQoS0.size;
    if (unsettled !== inHand) this.breach('the snapshot counts', `${unsettled} unsettled, not ${inHand}`);
    // QoS 0 outlives a connection, and the next one begins with reading.
    const excess = Math.max(this.pending.size, inHand - this.reconnects) - receiveMaximum;
    if (excess > 1) this.breach('at most receiveMaximum + 1 in hand', `${inHand}`);
    if (this.paused && inHand <= receiveMaximum) this.breach('reading goes on once there is room', `${inHand}`);
  }

  /** Every handler succeeds, every timer fires, the broker reads everything: what is left then is left for good. */
  async quiesce(): Promise<void> {
    this.holdStarts(false);
    this.quiescing = true;
    this.triesNoMore = false;
    this.consumer.tryWithin(Infinity);
    for (;;) {
      this.reconnect(true);
      await this.settle();
      if (this.undecided.length > 0) this.acknowledge(0, 0);
      else if (this.running.length > 0) this.finish(0, true);
      else if (this.ending.length > 0) this.endFailed(0, true);
      else if (this.broker.fromClient.length > 0) this.broker.read();
      else if (jest.getTimerCount() > 0) this.passTime();
      else break;
    }
    this.quiescing = false;
  }

  private get running(): Call[] {
    return this.calls.filter(({ over }) => !over);
  }

  private get undecided(): Call[] {
    return this.calls.filter(
      ({ over, attempt }) => attempt.verdict === undefined && (!over || attempt.handler.ack === 'manual'),
    );
  }

  // --- what the consumer does ---------------------------------------------------------------------------------------

  private readOn(): void {
    const next = this.broker.toClient.shift();
    if (next?.kind === 'pubrel') {
      this.pending.delete(next.packetId);
      this.consumer.released(next.packetId);
      this.broker.fromClient.push({ kind: 'pubcomp', packetId: next.packetId, reasonCode: 0 });
    } else if (next !== undefined) {
      this.arrived(next.packet);
      if (!this.consumer.receive(next.packet)) this.paused = true;
    }
  }

  private arrived({ payload, packetId, qos }: InboundPublish): void {
    const id = payload.toString();
    if (qos > 0 && this.pending.get(packetId)?.id === id) return;
    const arrival = ++this.arrivals;
    this.arrivalOf.set(id, arrival);
    if (qos > 0) this.pending.set(packetId, { id, qos, arrival });
    else if (!isReply(id)) this.openQoS0.add(id);
  }

  private resumed(): void {
    if (!this.connected) this.breach('only a live connection is resumed', '');
    this.paused = false;
  }

  private acknowledged({ packetId, qos, reasonCode }: Acknowledgement): void {
    const pending = this.pending.get(packetId);
    if (!this.connected) this.breach('an acknowledgement leaves only on its connection', `${packetId}`);
    if (pending === undefined) {
      this.breach('an acknowledgement leaves only on its connection', `${packetId} is owed nothing`);
      return;
    }
    const { id, arrival } = pending;
    if (pending.qos !== qos) this.breach('PUBACK for QoS 1, PUBREC for QoS 2', id);
    if (!this.isDone(id)) this.breach('no acknowledgement before all handlers settled', id);
    if (this.options.ackOrder === 'arrival' && arrival < this.lastAcknowledged) {
      this.breach('acknowledgements leave in order of arrival', id);
    }
    this.lastAcknowledged = arrival;
    this.pending.delete(packetId);
    this.acknowledgedIn.set(id, { session: this.session, exactlyOnce: qos === 2 && reasonCode < 0x80 });
    this.broker.fromClient.push({ kind: qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode });
  }

  /** With resends on a live connection the two sides cannot agree on what a Packet Identifier stands for. */
  private brokerHoldsDone({ id }: SimulatedMessage): void {
    if (!this.resentWhileConnected && !this.isDone(id)) this.breach('the broker forgets only what is done', id);
  }

  private started(call: Call): void {
    const { delivery, number } = call.attempt;
    const { id } = call;
    const others = [...this.sessionOf.keys()].filter((other) => other !== delivery);
    if (this.startsHeld) this.breach('nothing starts while starts are held', id);
    for (const other of others) {
      if (idOf(other.packet.topic) === id && this.sessionOf.get(other) === this.session) this.startedAgain(id, other);
      if (delivery.key !== undefined && other.key === delivery.key && other.state !== 'done') {
        this.breach('never two of one key at once', `${id} beside ${idOf(other.packet.topic)}`);
      }
    }
    const narrow = this.running.filter(({ attempt }) => attempt.delivery.route === delivery.route);
    if (delivery.route.concurrency !== undefined && narrow.length >= NARROW) {
      this.breach('never more than the pattern allows', id);
    }
    if (!this.sessionOf.has(delivery)) {
      this.startedAnew(id, number);
      if (delivery.key !== undefined) this.startedInTurn(id, delivery.key);
    }
    if (!this.sessionOf.has(delivery)) this.sessionOf.set(delivery, this.session);
    this.lastAttempt.set(delivery, number);
    this.calls.push(call);
  }

  /** What had failed and is delivered again is counted on, whatever it went through in between. */
  private startedAnew(id: string, number: number): void {
    const earlier = [...this.sessionOf].findLast(
      ([{ packet }, session]) => idOf(packet.topic) === id && session === this.session,
    )?.[0];
    const before = earlier?.settlement?.kind === 'hold' ? (this.lastAttempt.get(earlier) ?? 0) : 0;
    if (number !== before + 1) this.breach('attempts are counted on', `${id}: ${number} after ${before}`);
  }

  private startedAgain(id: string, other: Delivery): void {
    const acknowledged = this.acknowledgedIn.get(id);
    if (other.settlement === undefined) this.breach('what still runs is not run again', id);
    if (other.settlement?.kind === 'acknowledge' && acknowledged === undefined) {
      this.breach('what is done and was never acknowledged is not run again', id);
    }
    if (acknowledged?.exactlyOnce && acknowledged.session === this.session) {
      this.breach('QoS 2 runs once in a session', id);
    }
  }

  private startedInTurn(id: string, key: string): void {
    const arrival = this.arrivalOf.get(id) ?? 0;
    if (arrival < (this.lastStartOfKey.get(key) ?? 0)) this.breach('messages of one key run in order', id);
    this.lastStartOfKey.set(key, arrival);
  }

  private decide({ attempt }: Call): void {
    const handlers = this.decided.get(attempt.delivery) ?? new Set();
    this.decided.set(attempt.delivery, handlers.add(attempt.handler));
  }

  /** In one of its lives every handler of the message has decided, and none of them has failed. */
  private isDone(id: string): boolean {
    if (isReply(id) || this.givenUp.has(id)) return true;
    for (const [delivery, handlers] of this.decided) {
      if (idOf(delivery.packet.topic) === id && handlers.size === delivery.route.handlers.length) return true;
    }
    return false;
  }

  private breach(invariant: string, detail: string): void {
    this.breaches.push(`${invariant}: ${detail}`);
  }
}

function idOf(topic: string): string {
  return topic.slice(topic.lastIndexOf('/') + 1);
}

function keyOf(topic: string): string {
  return topic.slice(0, topic.lastIndexOf('/'));
}

function isReply(id: string): boolean {
  return id.startsWith('r');
}

function pick<T>(items: readonly T[], index: number): T | undefined {
  return items[index % items.length];
}
