import { EventEmitter } from 'node:events';
import type { ClientMQTTSharedEvents } from './client-events.js';

type Listener<E extends keyof ClientMQTTSharedEvents> = ClientMQTTSharedEvents[E];

/** Who listens to a client. One that throws must not keep the connection from being used, ended or opened again. */
export class ClientListeners {
  private readonly events = new EventEmitter();

  constructor(private readonly threw: (error: unknown, event: string) => void) {}

  on<E extends keyof ClientMQTTSharedEvents>(event: E, listener: Listener<E>): void {
    this.events.on(event, listener);
  }

  tell<E extends keyof ClientMQTTSharedEvents>(event: E, ...args: Parameters<Listener<E>>): void {
    for (const listener of this.events.listeners(event) as ((...values: typeof args) => void)[]) {
      try {
        listener(...args);
      } catch (error) {
        this.threw(error, event);
      }
    }
  }
}
