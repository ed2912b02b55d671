import { isObservable } from 'rxjs';
import { MQTTSharedContext } from '../context/mqtt-shared.context.js';
import type { Attempt } from '../delivery/attempt.js';
import { drain } from '../delivery/drain.js';
import type { Handler } from '../delivery/handler.js';
import type { OpenedMessage } from '../reply/open-message.js';
import { ReplyStream, type ReplyWriter } from '../reply/reply-stream.js';
import type { ProcessingHooks } from './processing-hooks.js';
import type { ReceivedMessage } from './received-message.js';
import type { RegisteredHandler } from './subscription.js';

export interface NestHandlerOptions {
  readonly registered: RegisteredHandler;
  /** Client Identifier of the connection that it serves. */
  readonly connection: string;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  readonly writer: ReplyWriter;
  /** Whether this method's values are the reply where one is asked for: the first method of a pattern answers. */
  readonly replies: boolean;
  readonly hooks: ProcessingHooks;
  readonly unanswerable: (why: string) => void;
}

/**
 * Calls a controller method through Nest's guards, pipes, interceptors and filters.
 *
 * A resolved promise is not success: Nest returns what went wrong as an Observable that errors. The method is done when
 * what it returned has come to its end, and the reply, where one was asked for, has been taken by the broker.
 */
export class NestHandler implements Handler {
  readonly name: string;
  readonly ack: 'auto' | 'manual';
  readonly timeout: number | undefined;

  constructor(private readonly options: NestHandlerOptions) {
    const { registered, timeout } = options;
    this.name = registered.name;
    this.ack = registered.options.ack ?? 'auto';
    this.timeout = timeout;
  }

  handle(attempt: Attempt): Promise<unknown> {
    try {
      const received = attempt.delivery.message as ReceivedMessage;
      const isPlainEvent =
        !(received instanceof Promise) &&
        received.replyTarget === undefined &&
        received.unanswerable === undefined &&
        !this.options.hooks.installed;
      if (!isPlainEvent) return this.handleInSteps(received, attempt);
      return Promise.resolve(this.options.registered.callback(received.data, this.contextOf(attempt)));
    } catch (error) {
      return failed(error);
    }
  }

  private contextOf(attempt: Attempt): MQTTSharedContext {
    const { registered, connection } = this.options;
    return new MQTTSharedContext(attempt, registered.filter, connection);
  }

  private async handleInSteps(received: ReceivedMessage, attempt: Attempt): Promise<void> {
    const message = received instanceof Promise ? await received : received;
    const { registered, hooks, unanswerable } = this.options;
    const context = this.contextOf(attempt);
    const work = async (): Promise<void> =>
      this.finish(message, await registered.callback(message.data, context), attempt);
    if (message.unanswerable !== undefined) unanswerable(message.unanswerable);
    await (hooks.installed ? hooks.run(context, work) : work());
  }

  /** Until what the method returned has come to its end, and is answered with where that was asked for. */
  private async finish(message: OpenedMessage, result: unknown, attempt: Attempt): Promise<void> {
    const { writer, replies } = this.options;
    if (message.replyTarget === undefined || !replies) {
      if (isObservable(result)) await drain(result, () => {}, attempt);
      return;
    }
    const reply = new ReplyStream(message.replyTarget, writer);
    if (!isObservable(result)) return reply.end(result);
    try {
      await drain(result, (value) => reply.next(value), attempt);
    } catch (error) {
      // The answer that tells of it is another's to send.
      reply.flush();
      throw error;
    }
    return reply.complete();
  }
}

async function failed(error: unknown): Promise<never> {
  throw error;
}
