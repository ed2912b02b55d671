import { jest } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { encodePresence, type Presence, presenceTopic } from '../../../lib/adoption/presence-message.js';
import { sessionId } from '../../../lib/adoption/session-id.js';
import { KNOWN_BROKERS } from '../../../lib/broker/known-brokers.js';
import type { ConsumerOptions } from '../../../lib/delivery/consumer.js';
import { KeyLanes } from '../../../lib/delivery/key-lanes.js';
import { EventBus } from '../../../lib/observability/event-bus.js';
import type { ConnectionFactory, OpenSession } from '../../../lib/server/connection-factory.js';
import { Connections } from '../../../lib/server/connections.js';
import type { Subscription } from '../../../lib/server/subscription.js';
import type { ProtocolVersion, Wire } from '../../../lib/session/wire.js';
import { parseTopicFilter } from '../../../lib/topic/topic-filter.js';
import { route, trieOf } from '../../delivery/routes.js';
import { type Call, StubHandler } from '../../delivery/stub-handler.js';
import { GROUP, presence, PREFIX } from '../presences.js';
import { Connection, ModelBroker, type Session, SHARED } from './broker.js';
import { ModelWire } from './wire.js';

const AFTER = 10_000;
const RECEIVE_MAXIMUM = 2;
/** What a broker sends unacknowledged where it is not told less. */
const MOSQUITTO_WINDOW = 4;
const STRANGERS = ['stranger', 'w1:others:0', 'w1:workers:others:0'];

type WorkerState = 'running' | 'closing' | 'over' | 'crashed';

interface Worker {
  /** Stem of its Client Identifiers, which another process may have after it. */
  readonly stem: string;
  readonly process: string;
  readonly handled: Set<string>;
  readonly calls: Call[];
  readonly wires: Set<ModelWire>;
  readonly connections: Connections;
  state: WorkerState;
}

/** Processes of one group with all that the server has between Nest and the wire, and a broker that is simulated. */
export class Fleet {
  /** Each breach, beginning with the invariant's name. */
  readonly breaches: string[] = [];
  readonly broker: ModelBroker;
  readonly workers: Worker[] = [];
  readonly published: string[] = [];
  private readonly wires = new Set<ModelWire>();
  private readonly connections = new Set<Connection>();
  private processes = 0;
  private brokerCrashed = false;

  constructor(private readonly protocolVersion: ProtocolVersion) {
    this.broker = new ModelBroker({
      acknowledged: ({ payload, topic }, process) => {
        const worker = this.workers.find((candidate) => candidate.process === process);
        if (topic.startsWith('jobs/') && worker?.handled.has(payload) !== true) {
          this.breach('nothing is acknowledged that was not handled', `${payload} by ${process}`);
        }
      },
      connected: (clientId, process) => {
        if (STRANGERS.includes(clientId)) this.breach('no stranger is thrown out', `${clientId} by ${process}`);
      },
    });
    for (const stranger of STRANGERS) this.addStranger(stranger);
  }

  private addStranger(clientId: string): void {
    const connection = new Connection(clientId, 'a stranger’s process', 1);
    connection.toBroker.push({ kind: 'connect', clean: false, will: undefined });
    const { breaches } = this;
    this.broker.read(connection);
    breaches.length = 0;
  }

  // --- what the test does -----------------------------------------------------------------------------------------

  get running(): Worker[] {
    return this.workers.filter(({ state }) => state === 'running');
  }

  /** A process under the first stem of these that nobody has. */
  start(stems = 3): void {
    const names = Array.from({ length: stems }, (_, i) => `w${i + 1}`);
    const taken = new Set(this.workers.filter(({ state }) => isThere(state)).map(({ stem }) => stem));
    const stem = names.find((name) => !taken.has(name));
    if (stem === undefined) return;
    const worker = this.newWorker(stem);
    this.workers.push(worker);
    worker.connections
      .start(async () => {})
      .catch(() => {
        if (worker.state !== 'crashed') worker.state = 'over';
      });
  }

  crash(index: number): void {
    const worker = pick(
      this.workers.filter(({ state }) => isThere(state)),
      index,
    );
    if (worker === undefined) return;
    worker.state = 'crashed';
    for (const wire of worker.wires) this.forsake(wire, index);
  }

  /** Some of what was written last is lost with the process. */
  private forsake(wire: ModelWire, lost: number): void {
    const { toBroker } = wire.connection;
    toBroker.splice(Math.max(1, toBroker.length - (lost % 4)));
    toBroker.push({ kind: 'end' });
    this.wires.delete(wire);
  }

  close(index: number): void {
    const worker = pick(this.running, index);
    if (worker === undefined) return;
    worker.state = 'closing';
    void worker.connections.close(5_000).then(() => {
      if (worker.state !== 'crashed') worker.state = 'over';
    });
  }

  /** The network between one connection and the broker fails; both ends get to know. */
  cut(index: number): void {
    const wire = pick(
      [...this.wires].filter(({ open }) => open),
      index,
    );
    if (wire === undefined) return;
    wire.connection.toBroker.splice(1, Infinity, { kind: 'end' });
    wire.connection.toClient.splice(0, Infinity, { kind: 'end' });
  }

  crashBroker(): void {
    this.brokerCrashed = true;
    this.broker.crash();
  }

  publish(): void {
    const id = `m${this.published.length + 1}`;
    if (this.broker.publish({ topic: `jobs/${id}`, payload: id, retain: false })) this.published.push(id);
  }

  finish(index: number, succeeds: boolean): void {
    const going = this.goingOn;
    const call = pick(going, index);
    if (call === undefined) return;
    const worker = this.workers.find(({ calls }) => calls.includes(call));
    if (succeeds) worker?.handled.add(call.id);
    if (succeeds) call.succeed();
    else call.fail();
  }

  private get goingOn(): Call[] {
    return this.workers
      .filter(({ state }) => state !== 'crashed')
      .flatMap(({ calls }) => calls.filter(({ over }) => !over));
  }

  /** Somebody may write to the presence topics who is no worker. */
  forge(index: number): void {
    const victims = [...STRANGERS, 'w1:workers:0', 'w2:workers:0', 'nobody:workers:0'];
    const clientId = pick(victims, index) ?? '';
    const topic = presenceTopic(PREFIX, GROUP, clientId);
    this.broker.publish({ topic, payload: encodePresence(presence(clientId, { state: 'gone' })), retain: true });
  }

  reorder(index: number): void {
    pick([...this.wires].filter(isWatch), index)?.reorder();
  }

  duplicate(index: number): void {
    pick([...this.wires].filter(isWatch), index)?.duplicate();
  }

  /** One packet moves: out of a client, or into one. */
  async move(index: number): Promise<void> {
    const moves = this.moves;
    pick(moves, index)?.();
    await this.settle();
  }

  private get moves(): (() => void)[] {
    const up = [...this.connections].filter(({ toBroker }) => toBroker.length > 0);
    for (const connection of this.connections) {
      if (!connection.served && connection.toBroker.length > 0) connection.toBroker.length = 0;
    }
    const down = [...this.wires].filter(({ canRead }) => canRead);
    return [
      ...up.filter(({ served }) => served).map((connection) => () => this.broker.read(connection)),
      ...down.map((wire) => () => wire.readOn()),
    ];
  }

  async passTime(milliseconds: number): Promise<void> {
    jest.advanceTimersByTime(milliseconds);
    await this.settle();
  }

  async settle(): Promise<void> {
    await setImmediate();
    const held = new Map<string, number>();
    for (const { connection, clientId } of [...this.wires].filter((wire) => wire.open && wire.connection.served)) {
      if (this.broker.sessions.get(clientId)?.connection !== connection) continue;
      held.set(clientId, (held.get(clientId) ?? 0) + 1);
    }
    for (const [clientId, count] of held) if (count > 1) this.breach('one connection for a session', clientId);
  }

  /** All packets arrive, handlers succeed, and time passes, until nothing of the past can be left. */
  async quiesce(): Promise<void> {
    if (this.running.length === 0) this.start();
    for (let idle = 0; idle < 40;) {
      if (this.moves.length > 0) await this.move(0);
      else if (this.goingOn.length > 0) this.finish(0, true);
      else {
        await this.passTime(1_000);
        if (this.running.length === 0) this.start();
        idle = this.moves.length > 0 || this.goingOn.length > 0 ? 0 : idle + 1;
      }
      await this.settle();
    }
  }

  // --- what must hold at rest -------------------------------------------------------------------------------------

  /** Sessions but for strangers’, with what each still holds. */
  get sessions(): string[] {
    const own = [...this.broker.sessions].filter(
      ([clientId, session]) => !STRANGERS.includes(clientId) && !this.isUnknown(clientId, session),
    );
    return own.map(([clientId, session]) => describeSession(clientId, session)).toSorted();
  }

  /** Begun and lost again before its worker could say anything of it; it gets nothing, and expires. */
  private isUnknown(clientId: string, { connection, subscriptions, inFlight, queue }: Session): boolean {
    const isEmpty = connection === undefined && subscriptions.size + inFlight.size + queue.length === 0;
    return this.brokerCrashed && isEmpty && !this.broker.retained.has(presenceTopic(PREFIX, GROUP, clientId));
  }

  get presences(): string[] {
    const all = [...this.broker.retained.values()].map(({ payload }) => JSON.parse(payload) as Presence);
    const own = all.filter(({ clientId }) => !STRANGERS.includes(clientId));
    return own.map(({ clientId, state }) => `${clientId} ${state}`).toSorted();
  }

  get unhandled(): string[] {
    return this.published.filter((id) => !this.workers.some(({ handled }) => handled.has(id)));
  }

  // --- a process --------------------------------------------------------------------------------------------------

  private newWorker(stem: string): Worker {
    const process = `${stem}#${++this.processes}`;
    const events = new EventBus((error) => this.breach('listeners do not throw', String(error)));
    const calls: Call[] = [];
    const handler = new StubHandler({ called: (call) => calls.push(call) });
    const filter = parseTopicFilter('jobs/#', { namedLevels: false });
    const subscriptions: Subscription[] = [{ pattern: SHARED, group: GROUP, filter, qos: 1, handlers: [] }];
    const lanes = new KeyLanes();
    const consumer = (connection: string): ConsumerOptions => ({
      connection,
      routes: trieOf([route('jobs/#', [handler])]),
      unmatched: route('none', []),
      lanes,
      concurrency: 2,
      receiveMaximum: RECEIVE_MAXIMUM,
      ackOrder: 'arrival',
      maxPayload: 1_000,
      reasonCodes: true,
      isReply: () => false,
      events,
    });
    const factory: Partial<ConnectionFactory> = {
      protocolVersion: this.protocolVersion,
      address: 'mqtt://model',
      answerTimeout: 10_000,
      reconnect: { initial: 200, factor: 2, max: 3_000, jitter: 0 },
      concurrency: 2,
      receiveMaximum: RECEIVE_MAXIMUM,
      profile: KNOWN_BROKERS.mosquitto,
      events,
      session: (clientId) => (listener, signal, how) => this.open(worker, clientId, listener, signal, how),
      consumer,
    };
    const options = { clientId: stem, adoption: { after: AFTER, topic: PREFIX }, redeliverAfter: 5_000 };
    const connections = new Connections(options, stem, subscriptions, factory as ConnectionFactory, () => {});
    const wires = new Set<ModelWire>();
    const worker: Worker = { stem, process, handled: new Set(), calls, wires, connections, state: 'running' };
    return worker;
  }

  private open(worker: Worker, clientId: string, ...[listener, signal, how]: Parameters<OpenSession>): Promise<Wire> {
    return new Promise((up, failed) => {
      if (worker.state === 'crashed') return;
      if (worker.state === 'over') this.breach('what is closed opens nothing', clientId);
      const window = this.protocolVersion === 5 ? RECEIVE_MAXIMUM : MOSQUITTO_WINDOW;
      const connection = new Connection(clientId, worker.process, window);
      const wire = new ModelWire(connection, this.protocolVersion, listener, { up, failed });
      connection.toBroker.push({ kind: 'connect', clean: how.clean, will: how.will });
      this.connections.add(connection);
      this.wires.add(wire);
      worker.wires.add(wire);
      signal.addEventListener('abort', () => {
        if (!wire.isUp) wire.destroy();
      });
    });
  }

  private breach(invariant: string, detail: string): void {
    this.breaches.push(`${invariant}: ${detail}`);
  }
}

/** What is left at rest of processes that run: nothing but a session with a subscription, and the watch. */
export function atRest(workers: readonly { readonly stem: string }[]): { sessions: string[]; presences: string[] } {
  const ids = workers.map(({ stem }) => ({ stem, id: sessionId(stem, GROUP, 0) }));
  return {
    sessions: ids
      .flatMap(({ stem, id }) => [`${id} connected [${SHARED}]`, `${stem}:presence connected [presence/workers/+]`])
      .toSorted(),
    presences: ids.map(({ id }) => `${id} alive`).toSorted(),
  };
}

function describeSession(clientId: string, { connection, subscriptions, inFlight, queue }: Session): string {
  const held = [...inFlight.values(), ...queue].map(({ payload }) => payload);
  const holds = held.length > 0 ? ` holds ${held.join(', ')}` : '';
  return `${clientId} ${connection === undefined ? 'away' : 'connected'} [${[...subscriptions].join(', ')}]${holds}`;
}

function isThere(state: WorkerState): boolean {
  return state === 'running' || state === 'closing';
}

function isWatch({ clientId }: ModelWire): boolean {
  return clientId.endsWith(':presence');
}

function pick<T>(items: readonly T[], index: number): T | undefined {
  return items[index % items.length];
}
