import { profileOfOption } from '../broker/broker-option.js';
import { checkSharing } from '../broker/check-sharing.js';
import { identifyBroker, PATIENCE } from '../broker/identify-broker.js';
import { UNKNOWN_BROKER } from '../broker/known-brokers.js';
import type { BrokerProfile } from '../broker/profile.js';
import { SharedSubscriptionsNotServedError } from '../errors/shared-subscriptions-not-served.error.js';
import type { Brokers } from '../session/brokers.js';
import { wireOptions } from '../session/wire-options.js';
import type { MQTTSharedServerOptions } from './server-options.js';
import type { Subscription } from './subscription.js';

const NOTHING_STAYS = { clean: true, sessionExpiryInterval: 0 } as const;

/** What a server finds out about its broker through short connections of their own. */
export class BrokerLook {
  private readonly ending = new AbortController();

  constructor(
    private readonly options: MQTTSharedServerOptions,
    private readonly brokers: Brokers,
    /** The stem of the Client Identifiers. */
    private readonly clientId: string,
  ) {}

  /** The profile that the option `broker` names, or that of the broker that is there. */
  async profile(): Promise<BrokerProfile> {
    const profile = profileOfOption(this.options.broker) ?? (await this.identify());
    this.requireWanted();
    return profile;
  }

  /**
   * Makes sure that a broker which was not recognised serves the Shared Subscriptions that it has granted.
   *
   * @throws SharedSubscriptionsNotServedError
   */
  async requireSharing(profile: BrokerProfile, subscriptions: readonly Subscription[]): Promise<void> {
    const filters = subscriptions.filter(({ group }) => group !== undefined).map(({ pattern }) => pattern);
    if (profile !== UNKNOWN_BROKER || filters.length === 0) return;
    const sharing = await checkSharing(
      (part, listener, signal) => this.brokers.open(this.session(part), listener, signal),
      this.ending.signal,
    );
    this.requireWanted();
    if (sharing === 'nobody' || sharing === 'everyone') {
      throw new SharedSubscriptionsNotServedError(this.brokers.address, filters, sharing);
    }
  }

  end(): void {
    this.ending.abort();
  }

  private requireWanted(): void {
    if (this.ending.signal.aborted) throw new Error('The server was closed before it was ready.');
  }

  private identify(): Promise<BrokerProfile> {
    const session = this.session('look');
    // An address that takes connections and says nothing must leave the time to ask the others.
    const connectTimeout = Math.min(session.connectTimeout, PATIENCE / this.brokers.count);
    return identifyBroker((listener, signal) => {
      const either = AbortSignal.any([signal, this.ending.signal]);
      return this.brokers.open({ ...session, protocolVersion: 5, connectTimeout }, listener, either);
    });
  }

  private session(part: string) {
    return wireOptions(this.options, { clientId: `${this.clientId}:${part}`, ...NOTHING_STAYS });
  }
}
