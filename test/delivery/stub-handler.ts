import type { Attempt } from '../../lib/delivery/attempt.js';
import type { Handler } from '../../lib/delivery/handler.js';

/** One call of a handler, which ends when the test says so. */
export class Call {
  over = false;
  readonly done: Promise<void>;
  private settle!: { resolve: () => void; reject: (error: unknown) => void };

  constructor(readonly attempt: Attempt) {
    this.done = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  /** The payload of the message, which is its identity in these tests. */
  get id(): string {
    return this.attempt.delivery.packet.payload.toString();
  }

  succeed(): void {
    this.over = true;
    this.settle.resolve();
  }

  fail(error: unknown = new Error('failed')): void {
    this.over = true;
    this.settle.reject(error);
  }
}

export interface StubHandlerOptions {
  name?: string;
  ack?: 'auto' | 'manual';
  timeout?: number;
  /** Told of each call before the handler returns. */
  called?: (call: Call) => void;
}

/** A handler whose calls wait for the test. */
export class StubHandler implements Handler {
  readonly name: string;
  readonly ack: 'auto' | 'manual';
  readonly timeout: number | undefined;
  readonly calls: Call[] = [];
  private readonly called: (call: Call) => void;

  constructor({ name = 'Jobs.handle', ack = 'auto', timeout, called = () => {} }: StubHandlerOptions = {}) {
    this.name = name;
    this.ack = ack;
    this.timeout = timeout;
    this.called = called;
  }

  /** The messages it was called with, in order. */
  get ids(): string[] {
    return this.calls.map(({ id }) => id);
  }

  /** The last call with this message. */
  call(id: string): Call {
    const call = this.calls.findLast((candidate) => candidate.id === id);
    if (call === undefined) throw new Error(`Not called with ${id}; called with ${this.ids.join(', ') || 'nothing'}`);
    return call;
  }

  handle(attempt: Attempt): Promise<void> {
    const call = new Call(attempt);
    this.calls.push(call);
    this.called(call);
    return call.done;
  }
}
