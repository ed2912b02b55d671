import type { EventBus } from '../observability/event-bus.js';
import type { QoS, ServerLimits } from '../session/wire.js';

const byNumber = new Intl.Collator('en', { numeric: true });

/** What came of each subscription while a server starts, as its events tell. */
export class StartRecord {
  limits: ServerLimits | undefined;
  private readonly connections = new Map<string, Set<string>>();
  private readonly granted = new Map<string, QoS>();
  private readonly endings: (() => void)[];

  constructor(events: EventBus) {
    this.endings = [
      events.on('subscribed', ({ filters, granted }) => {
        filters.forEach((filter, i) => this.grant(filter, granted[i] ?? 0));
      }),
      events.on('connected', ({ connection, filters, limits }) => {
        // Only a connection whose session is to outlive it is told for how long it does.
        if (this.limits?.sessionExpiryInterval === undefined) this.limits = limits;
        for (const filter of filters) {
          this.connections.set(filter, (this.connections.get(filter) ?? new Set()).add(connection));
        }
      }),
    ];
  }

  private grant(filter: string, qos: QoS): void {
    const lowest = this.granted.get(filter) ?? qos;
    this.granted.set(filter, qos < lowest ? qos : lowest);
  }

  connectionsOf(filter: string): string[] {
    return [...(this.connections.get(filter) ?? [])].sort(byNumber.compare);
  }

  /** The lowest over its connections; `undefined` where the broker was not asked. */
  grantedTo(filter: string): QoS | undefined {
    return this.granted.get(filter);
  }

  end(): void {
    for (const end of this.endings) end();
  }
}
