import type { WritePacket } from '@nestjs/microservices';
import type { ReplySubscriptions } from './reply-subscriptions.js';

export type ReplyCallback = (reply: WritePacket) => void;

/** Requests that wait for replies, by id. */
export class Requests {
  private readonly waiting = new Map<string, ReplyCallback>();

  constructor(private readonly subscriptions: ReplySubscriptions) {}

  get areWaiting(): boolean {
    return this.waiting.size > 0;
  }

  /**
   * Calls `publish` once replies can arrive, unless the request has been forgotten by then. The function returned
   * forgets it: replies that come later are dropped.
   */
  open(id: string, topic: string, callback: ReplyCallback, publish: () => void): () => void {
    this.waiting.set(id, callback);
    const ready = this.subscriptions.acquire(topic);
    if (ready === undefined) {
      publish();
    } else {
      ready.then(
        () => {
          if (this.waiting.has(id)) publish();
        },
        (error: unknown) => this.fail(id, error),
      );
    }
    return () => {
      if (this.waiting.delete(id)) this.subscriptions.release(topic);
    };
  }

  /** `read` is called only when somebody waits for the reply; what it throws is the answer. */
  answer(id: string, read: () => WritePacket): void {
    const callback = this.waiting.get(id);
    if (callback === undefined) return;
    let reply: WritePacket;
    try {
      reply = read();
    } catch (error) {
      reply = { err: error };
    }
    callback(reply);
  }

  fail(id: string, error: unknown): void {
    this.waiting.get(id)?.({ err: error });
  }

  failAll(error: unknown): void {
    for (const callback of this.waiting.values()) callback({ err: error });
  }
}
