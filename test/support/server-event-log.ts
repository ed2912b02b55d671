import type { MQTTSharedEvent, MQTTSharedEventOf, MQTTSharedEventType, ServerMQTTShared } from 'nestjs-mqtt-shared';
import { Watch } from './watch.js';

const TYPES = [
  'received',
  'joined',
  'started',
  'skipped',
  'failed',
  'handled',
  'acknowledged',
  'held',
  'acknowledgement-dropped',
  'paused',
  'resumed',
  'connected',
  'subscribed',
  'disconnected',
  'recycling',
  'adopting',
  'adopted',
  'adoption-failed',
  'drained',
] as const satisfies readonly MQTTSharedEventType[];

/** What a server has said of itself since it was made. */
export class ServerEventLog {
  readonly #byType = new Map<MQTTSharedEventType, MQTTSharedEvent[]>(TYPES.map((type) => [type, []]));
  readonly #watch = new Watch();

  constructor(server: ServerMQTTShared) {
    for (const [type, events] of this.#byType) {
      server.on(type, (event: MQTTSharedEvent) => {
        events.push(event);
        this.#watch.changed();
      });
    }
  }

  of<T extends (typeof TYPES)[number]>(type: T): readonly MQTTSharedEventOf<T>[] {
    return this.#byType.get(type) as MQTTSharedEventOf<T>[];
  }

  /** Resolves with the first `count` events of this type when there are that many. */
  take<T extends (typeof TYPES)[number]>(type: T, count = 1, patience?: number): Promise<MQTTSharedEventOf<T>[]> {
    return this.#watch.until(
      () => (this.of(type).length >= count ? this.of(type).slice(0, count) : undefined),
      () =>
        `Wanted: ${count} × ${type}. Seen: ${[...this.#byType].map(([t, { length }]) => `${length} × ${t}`).join(', ')}.`,
      patience,
    );
  }
}
