import type { ServerMQTTShared } from 'nestjs-mqtt-shared';
import type { MQTTSharedEvent, MQTTSharedEventOf, MQTTSharedEventType } from '../../lib/observability/events.js';
import { Watch } from './watch.js';

const TYPES = [
  'received',
  'joined',
  'started',
  'failed',
  'handled',
  'acknowledged',
  'held',
  'acknowledgement-dropped',
  'paused',
  'resumed',
  'connected',
  'disconnected',
  'recycling',
  'drained',
] as const satisfies readonly MQTTSharedEventType[];

/** What a server has said of itself since it was made. */
export class ServerEventLog {
  readonly all: MQTTSharedEvent[] = [];
  readonly #watch = new Watch();

  constructor(server: ServerMQTTShared) {
    for (const type of TYPES) {
      server.on(type, (event: MQTTSharedEvent) => {
        this.all.push(event);
        this.#watch.changed();
      });
    }
  }

  of<T extends MQTTSharedEventType>(type: T): MQTTSharedEventOf<T>[] {
    return this.all.filter((event): event is MQTTSharedEventOf<T> => event.type === type);
  }

  /** Resolves with the first `count` events of this type when there are that many. */
  take<T extends MQTTSharedEventType>(type: T, count = 1, patience?: number): Promise<MQTTSharedEventOf<T>[]> {
    return this.#watch.until(
      () => {
        const events = this.of(type);
        return events.length >= count ? events.slice(0, count) : undefined;
      },
      () => `Wanted: ${count} × ${type}. Seen: ${this.all.map((event) => event.type).join(', ') || 'nothing'}.`,
      patience,
    );
  }
}
