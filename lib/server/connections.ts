import { randomBytes } from 'node:crypto';
import { Adopter } from '../adoption/adopter.js';
import { sessionId } from '../adoption/session-id.js';
import { SessionPresence, type SessionPresenceOptions } from '../adoption/session-presence.js';
import { Consumer } from '../delivery/consumer.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { planConnections, type PlannedConnection } from '../routing/connection-plan.js';
import { adoptionSettings } from './adoption-options.js';
import type { ConnectionFactory } from './connection-factory.js';
import { subscribeAll } from './grant.js';
import { Member, type MemberState } from './member.js';
import { DEFAULT_DRAIN_TIMEOUT, DEFAULT_REDELIVER_AFTER, type MQTTSharedServerOptions } from './server-options.js';
import { type MQTTSharedStats, statsOf } from './server-stats.js';
import { isPersistent } from './session-kind.js';
import type { Subscription } from './subscription.js';

/** All connections through which a server gets messages, and the watch over those of other workers. */
export class Connections {
  private readonly members: readonly Member[];
  private readonly adopter: Adopter | undefined;
  /** Tells this process from any other under the same Client Identifiers. */
  private readonly incarnation = randomBytes(8).toString('hex');

  /** @throws InvalidOptionError, DeadLetterLoopError */
  constructor(
    private readonly options: MQTTSharedServerOptions,
    private readonly clientId: string,
    private readonly subscriptions: readonly Subscription[],
    private readonly factory: ConnectionFactory,
    private readonly stateChanged: () => void,
  ) {
    const plan = planConnections(subscriptions, { connections: options.connections ?? 1 });
    this.adopter = this.createAdopter(plan);
    const firsts = new Map(plan.toReversed().map((planned) => [planned.subscriptions, planned]));
    this.members = plan.map((planned) => this.createMember(planned, firsts.get(planned.subscriptions) === planned));
  }

  get states(): readonly MemberState[] {
    return this.members.map(({ state }) => state);
  }

  /** The mqtt.js clients of the connections that are up. */
  get natives(): unknown[] {
    return this.members.flatMap(({ wire }) => (wire === undefined ? [] : [wire.native]));
  }

  stats(): MQTTSharedStats {
    const own = this.members.map((member) => ({
      group: member.group,
      up: member.state === 'up',
      snapshot: member.snapshot(),
    }));
    return statsOf(own, this.adopter?.snapshots() ?? []);
  }

  /**
   * Resolves when every connection is up, every filter granted, and `requireMore` has nothing against it; else nothing is
   * left open.
   */
  async start(requireMore: () => Promise<void>): Promise<void> {
    try {
      await this.adopter?.start();
      await startAll(this.members.filter(({ isFirst }) => isFirst));
      // Artemis ends connections that subscribe to what is new to it at the same moment.
      await startAll(this.members.filter(({ isFirst }) => !isFirst));
      await requireMore();
      this.adopter?.begin();
    } catch (error) {
      const { clientId, drainTimeout = DEFAULT_DRAIN_TIMEOUT } = this.options;
      const forget = clientId === undefined;
      await Promise.all(this.members.map((member) => member.abandon(forget, drainTimeout)));
      await this.adopter?.stop(0);
      throw error;
    }
  }

  async close(drainTimeout: number): Promise<void> {
    const left = Promise.all(this.members.map((member) => member.close(drainTimeout)));
    await Promise.all([left, this.adopter?.stop(drainTimeout, left)]);
  }

  private createMember(planned: PlannedConnection<Subscription>, isFirst: boolean): Member {
    const { factory, options, adopter, incarnation } = this;
    const { subscriptions } = planned;
    const group = planned.kind === 'shared' ? planned.group : undefined;
    const clientId = this.connectionName(planned);
    const persistent = isPersistent(group, options);
    const filters = subscriptions.map(({ pattern }) => pattern);
    const prefix = adoptionSettings(options.adoption)?.topic;
    const presence =
      adopter === undefined || group === undefined || prefix === undefined
        ? undefined
        : {
            session: sessionPresence({ prefix, group, clientId, incarnation, filters }),
            last: () => adopter.presenceOf(group, clientId),
            retained: () => adopter.retained(group, clientId),
          };
    return new Member({
      clientId,
      isFirst,
      address: () => factory.address,
      subscriptions,
      allowDowngrade: options.allowDowngrade ?? false,
      protocolVersion: factory.protocolVersion,
      persistent,
      presence,
      answerTimeout: factory.answerTimeout,
      profile: factory.profile,
      redeliverAfter: options.redeliverAfter ?? DEFAULT_REDELIVER_AFTER,
      receiveMaximum: factory.receiveMaximum,
      reconnect: factory.reconnect,
      events: factory.events,
      open: factory.session(clientId, persistent),
      stateChanged: this.stateChanged,
      consumer: factory.consumer(clientId, group, subscriptions),
    });
  }

  private createAdopter(plan: readonly PlannedConnection<Subscription>[]): Adopter | undefined {
    const settings = adoptionSettings(this.options.adoption);
    const own = new Map<string, Map<string, readonly string[]>>();
    for (const planned of plan) {
      if (planned.kind !== 'shared') continue;
      const sessions = own.get(planned.group) ?? new Map<string, readonly string[]>();
      const filters = planned.subscriptions.map(({ pattern }) => pattern);
      own.set(planned.group, sessions.set(this.connectionName(planned), filters));
    }
    if (settings === undefined || own.size === 0) return undefined;
    const { factory, incarnation } = this;
    const { answerTimeout, reconnect, events, protocolVersion, profile } = factory;
    const clientId = `${this.clientId}:presence`;
    const watch = factory.session(clientId, false, profile.retainedReachesWildcards ? protocolVersion : 4);
    return new Adopter({
      clientId,
      prefix: settings.topic,
      stem: this.clientId,
      after: settings.after,
      incarnation,
      own,
      answerTimeout,
      reconnect,
      events,
      watch: (listener, signal, will) => watch(listener, signal, { clean: true, will }),
      writesObituary: !profile.willsOfSessions,
      adoption: (group, presence) => {
        const served = this.subscriptions.filter(({ pattern }) => presence.filters.includes(pattern));
        return {
          protocolVersion,
          profile,
          open: factory.session(presence.clientId, true),
          consumer: (port) => new Consumer(factory.consumer(presence.clientId, group, served), port),
          subscribe: (wire) => subscribeAll(wire, served, true),
        };
      },
      serves: (group, filters) => {
        const up = this.members.filter((member) => member.group === group && member.state === 'up');
        return filters.every((filter) => up.some((member) => member.filters.includes(filter)));
      },
      reassert: (clientId, presence) => {
        this.members.find((member) => member.clientId === clientId)?.heard(presence);
      },
      answer: (group) => {
        for (const member of this.members) if (member.group === group) member.answerRollCall();
      },
    });
  }

  /** Derived from the stem, so that a server that comes back under its old `clientId` finds its sessions again. */
  private connectionName(planned: PlannedConnection<Subscription>): string {
    return sessionId(this.clientId, planned.kind === 'shared' ? planned.group : '', planned.index);
  }
}

function sessionPresence(options: SessionPresenceOptions): SessionPresence {
  const session = new SessionPresence(options);
  if (session.fitsWill) return session;
  throw new InvalidOptionError(
    'adoption',
    `the ${options.filters.length} filters of "${options.clientId}" do not fit into its will, 65,535 bytes at the most`,
    'Set `adoption: false`, or use fewer filters, with wildcards.',
  );
}

async function startAll(members: readonly Member[]): Promise<void> {
  const outcomes = await Promise.allSettled(members.map((member) => member.start()));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
