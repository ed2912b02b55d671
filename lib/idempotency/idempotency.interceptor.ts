import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { attemptOf, MQTTSharedContext } from '../context/mqtt-shared.context.js';
import { ManualAcknowledgementError } from '../errors/manual-acknowledgement.error.js';
import { MissingMessageIdError } from '../errors/missing-message-id.error.js';
import { idempotencyKey } from './idempotency-key.js';
import {
  DEFAULT_ID,
  DEFAULT_WINDOW,
  IDEMPOTENCY_OPTIONS,
  type IdempotencyOptions,
  type MessageIdSource,
  validateIdempotencyOptions,
} from './idempotency-options.js';
import { describeSource, findMessageId } from './message-id.js';
import { Once } from './once.js';
import { visible } from './visible.js';

/**
 * Runs a handler once for each message id: a message whose id the same method has handled for the same group, within
 * `window`, is acknowledged without a run, and a request is answered as it was before. One that comes while the first
 * still runs in this process ends as that does.
 *
 * Only success is recorded, before the acknowledgement. A store that fails fails the message, and no handler runs
 * unprotected. It cannot promise that a message runs once if a worker dies between the handler's effect and the record,
 * or if two processes have it at the same moment.
 *
 * Give it to `@UseInterceptors` or provide it as `APP_INTERCEPTOR`, **before other interceptors**: what stands outside of
 * it may fail after the record is written. Contexts of other transports it leaves alone.
 *
 * ```ts
 * @UseInterceptors(new IdempotencyInterceptor({ store: new Keyv({ store, throwOnErrors: true }) }))
 * ```
 *
 * The constructor throws `InvalidOptionError`. Messages fail with `MissingMessageIdError`, `IdempotencyStoreError` and
 * `ManualAcknowledgementError`, each as the `getError()` of an `RpcException`.
 *
 * @publicApi
 */
@Injectable()
export class IdempotencyInterceptor<T = unknown> implements NestInterceptor {
  private readonly source: MessageIdSource<T>;
  private readonly window: number;

  constructor(@Inject(IDEMPOTENCY_OPTIONS) private readonly options: IdempotencyOptions<T>) {
    validateIdempotencyOptions(options);
    this.source = options.id ?? DEFAULT_ID;
    this.window = options.window ?? DEFAULT_WINDOW;
  }

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const context = execution.getType() === 'rpc' ? execution.switchToRpc().getContext<unknown>() : undefined;
    if (!(context instanceof MQTTSharedContext)) return next.handle();
    const handler = `${execution.getClass().name}.${execution.getHandler().name}`;
    const attempt = attemptOf(context);
    if (attempt.handler.ack === 'manual') throw visible(new ManualAcknowledgementError(handler));

    const id = findMessageId(this.source, execution.switchToRpc().getData<T>(), context);
    if (id === undefined) {
      if (this.options.withoutId === 'run') return next.handle();
      throw visible(new MissingMessageIdError(handler, context.topic, describeSource(this.source)));
    }
    const { store } = this.options;
    const key = idempotencyKey(context, handler, id);
    const task = { key, handler, attempt, store, window: this.window, handle: () => next.handle() };
    return new Observable((subscriber) => {
      void new Once(task, subscriber).start();
    });
  }
}
