import type { MQTTSharedEvent, MQTTSharedEventOf, MQTTSharedEventType } from './events.js';

type Listener = (event: MQTTSharedEvent) => void;

/** Hands events to those that listen; costs next to nothing for events that nobody listens to. */
export class EventBus {
  /** `listenerFailed` hears of listeners that throw; they must not disturb the delivery of messages. */
  constructor(private readonly listenerFailed: (error: unknown, type: MQTTSharedEventType) => void) {}

  private readonly listeners = new Map<MQTTSharedEventType, Set<Listener>>();

  /** Whether making an event of this type is worth the while. */
  hears(type: MQTTSharedEventType): boolean {
    return this.listeners.has(type);
  }

  /** Returns a function that ends the listening. */
  on<T extends MQTTSharedEventType>(type: T, listener: (event: MQTTSharedEventOf<T>) => void): () => void {
    const listeners = this.listeners.get(type) ?? new Set();
    listeners.add(listener as Listener);
    this.listeners.set(type, listeners);
    return () => {
      listeners.delete(listener as Listener);
      if (listeners.size === 0 && this.listeners.get(type) === listeners) this.listeners.delete(type);
    };
  }

  emit(event: MQTTSharedEvent): void {
    const listeners = this.listeners.get(event.type);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        this.listenerFailed(error, event.type);
      }
    }
  }
}
