import type { Settlement } from '../failure/failure-policy.js';
import type { EventBus } from '../observability/event-bus.js';
import type { MessageInfo } from '../observability/events.js';
import type { InboundPublish } from '../session/wire.js';
import type { Attempt, Failure } from './attempt.js';
import type { ConsumerCounts } from './consumer-stats.js';
import type { Delivery } from './delivery.js';
import type { Route } from './handler.js';

/** Counts what happens to messages, and tells those who listen. */
export class ConsumerReport {
  readonly counts: ConsumerCounts = {
    received: 0,
    handled: 0,
    failed: 0,
    failedAttempts: 0,
    resent: 0,
    acksDropped: 0,
  };

  constructor(
    private readonly connection: string,
    private readonly unmatched: Route,
    private readonly events: EventBus,
  ) {}

  received(delivery: Delivery): void {
    this.counts.received++;
    const redelivered = delivery.packet.dup;
    if (redelivered) this.counts.resent++;
    if (this.events.hears('received')) {
      this.events.emit({ type: 'received', message: this.describe(delivery), redelivered });
    }
  }

  joined(delivery: Delivery): void {
    this.counts.resent++;
    if (this.events.hears('joined')) this.events.emit({ type: 'joined', message: this.describe(delivery) });
  }

  replyIgnored({ topic, qos, packetId }: InboundPublish): void {
    if (!this.events.hears('reply-ignored')) return;
    const { connection } = this;
    this.events.emit({
      type: 'reply-ignored',
      message: { connection, group: undefined, filter: undefined, topic, qos, packetId },
    });
  }

  started({ delivery, handler, number }: Attempt): void {
    if (!this.events.hears('started')) return;
    this.events.emit({
      type: 'started',
      message: this.describe(delivery),
      handler: handler.name,
      attempt: number,
    });
  }

  skipped({ delivery, handler }: Attempt): void {
    if (!this.events.hears('skipped')) return;
    this.events.emit({ type: 'skipped', message: this.describe(delivery), handler: handler.name });
  }

  failed({ delivery, handler, number }: Attempt, error: unknown, retryIn: number | undefined): void {
    this.counts.failedAttempts++;
    this.tellFailure(delivery, handler.name, number, error, retryIn);
  }

  rejected({ delivery, handler, number }: Attempt, error: unknown): void {
    this.tellFailure(delivery, handler.name, number, error, undefined);
  }

  settled(delivery: Delivery, settlement: Settlement, failure: Failure | undefined): void {
    if (failure === undefined) {
      this.handled(delivery);
    } else {
      this.counts.failed++;
      if (failure.attempt === undefined) this.tellFailure(delivery, undefined, 0, failure.error, undefined);
    }
    if (settlement.kind === 'hold' && delivery.slot !== undefined && this.events.hears('held')) {
      this.events.emit({ type: 'held', message: this.describe(delivery), error: failure?.error });
    }
  }

  private handled(delivery: Delivery): void {
    this.counts.handled++;
    if (!this.events.hears('handled')) return;
    const duration = performance.now() - delivery.arrivedAt;
    this.events.emit({ type: 'handled', message: this.describe(delivery), duration });
  }

  private tellFailure(
    delivery: Delivery,
    handler: string | undefined,
    attempt: number,
    error: unknown,
    retryIn: number | undefined,
  ): void {
    if (!this.events.hears('failed')) return;
    this.events.emit({ type: 'failed', message: this.describe(delivery), handler, attempt, error, retryIn });
  }

  acknowledged(delivery: Delivery, reasonCode: number): void {
    if (!this.events.hears('acknowledged')) return;
    this.events.emit({ type: 'acknowledged', message: this.describe(delivery), reasonCode });
  }

  acknowledgementDropped(delivery: Delivery): void {
    this.counts.acksDropped++;
    if (!this.events.hears('acknowledgement-dropped')) return;
    this.events.emit({ type: 'acknowledgement-dropped', message: this.describe(delivery) });
  }

  paused(unacknowledged: number): void {
    if (!this.events.hears('paused')) return;
    this.events.emit({ type: 'paused', connection: this.connection, unacknowledged });
  }

  resumed(): void {
    if (this.events.hears('resumed')) this.events.emit({ type: 'resumed', connection: this.connection });
  }

  private describe({ packet, route }: Delivery): MessageInfo {
    return {
      connection: this.connection,
      group: route.group,
      filter: route === this.unmatched ? undefined : route.filter.text,
      topic: packet.topic,
      qos: packet.qos,
      packetId: packet.packetId,
    };
  }
}
