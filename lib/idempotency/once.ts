import type { Observable, Subscriber } from 'rxjs';
import type { Attempt } from '../delivery/attempt.js';
import { IdempotencyStoreError } from '../errors/idempotency-store.error.js';
import type { ReceivedMessage } from '../server/received-message.js';
import { Answers } from './answers.js';
import type { IdempotencyStore } from './idempotency-store.js';
import { decodeRecord, encodeRecord } from './record.js';
import { type Run, Runs } from './runs.js';
import { visible } from './visible.js';

export interface Task {
  readonly key: string;
  /** `JobsController.resize`, for errors. */
  readonly handler: string;
  readonly attempt: Attempt;
  readonly store: IdempotencyStore;
  /** Milliseconds. */
  readonly window: number;
  readonly handle: () => Observable<unknown>;
}

/**
 * Runs a handler with one message, unless it has run with it before or does so now.
 *
 * Guarantees that no handler is called while the store cannot be asked, that only success is recorded, and that this
 * ends, so that the message can be acknowledged, after the record is written.
 */
export class Once {
  private readonly runs: Runs;

  constructor(
    private readonly task: Task,
    private readonly subscriber: Subscriber<unknown>,
  ) {
    this.runs = Runs.of(task.store);
  }

  /** Never rejects: whatever happens reaches the subscriber. */
  async start(): Promise<void> {
    const { key } = this.task;
    for (let first = this.runs.get(key); first !== undefined; first = this.runs.get(key)) {
      if (await this.join(first)) return;
    }
    const run = this.runs.begin(key);
    this.subscriber.add(() => run.end({ kind: 'abandoned' }));
    try {
      await this.lead(run);
    } catch (error) {
      this.fail(run, visible(error));
    }
  }

  /** `false` when nothing is known of the first one's end, and this one has to see for itself. */
  private async join(first: Run): Promise<boolean> {
    const end = await first.ended;
    if (this.subscriber.closed) return true;
    switch (end.kind) {
      case 'abandoned':
        return false;
      case 'failed':
        this.subscriber.error(end.error);
        return true;
      case 'succeeded':
        if (end.rejectedWith !== undefined) this.task.attempt.reject(end.rejectedWith);
        this.skip(end.answers);
        return true;
    }
  }

  private async lead(run: Run): Promise<void> {
    const answers = await this.known();
    if (this.subscriber.closed) return;
    if (answers !== undefined) {
      run.end({ kind: 'succeeded', answers, rejectedWith: undefined });
      this.skip(answers);
      return;
    }
    const { replyTarget } = await (this.task.attempt.delivery.message as ReceivedMessage);
    await this.handle(run, replyTarget !== undefined);
  }

  /** What nobody asked for is not kept: it may be large, or nothing that a store can hold. */
  private handle(run: Run, isRequest: boolean): Promise<void> {
    const { subscriber } = this;
    const answers = new Answers((answer) => subscriber.next(answer));
    return new Promise((resolve, reject) => {
      const inner = this.task.handle().subscribe({
        next: (value) => (isRequest ? answers.next(value) : subscriber.next(value)),
        error: (error: unknown) => {
          answers.flush();
          this.fail(run, error);
          resolve();
        },
        complete: () => {
          answers.end();
          this.succeeded(run, answers).then(resolve, reject);
        },
      });
      subscriber.add(inner);
    });
  }

  private async succeeded(run: Run, answers: Answers): Promise<void> {
    const { verdict, aborted } = this.task.attempt;
    const rejectedWith = verdict?.kind === 'reject' ? verdict.reasonCode : undefined;
    // A handler whose signal was aborted may have ended early, with its work undone.
    if (rejectedWith === undefined && !aborted) await this.record(answers.all);
    run.end({ kind: 'succeeded', answers: answers.all, rejectedWith });
    answers.flush();
    this.subscriber.complete();
  }

  private fail(run: Run, error: unknown): void {
    run.end({ kind: 'failed', error });
    this.subscriber.error(error);
  }

  private skip(answers: readonly unknown[]): void {
    const { attempt } = this.task;
    attempt.skipped = attempt.verdict === undefined;
    for (const answer of answers) this.subscriber.next(answer);
    this.subscriber.complete();
  }

  /** The answers of what has run; `undefined` when it has not. */
  private async known(): Promise<readonly unknown[] | undefined> {
    const unrecorded = this.runs.unrecorded.get(this.task.key);
    if (unrecorded === undefined) return this.recorded();
    await this.record(unrecorded);
    return unrecorded;
  }

  private async recorded(): Promise<readonly unknown[] | undefined> {
    const { store, key } = this.task;
    try {
      const record = await store.get(key);
      return record === undefined || record === null ? undefined : decodeRecord(record);
    } catch (cause) {
      throw this.storeError('get', cause);
    }
  }

  private async record(answers: readonly unknown[]): Promise<void> {
    const { store, key, window } = this.task;
    const record = encodeRecord(answers);
    try {
      if ((await store.set(key, record, window)) === false) throw new Error('it returned false');
      this.runs.unrecorded.delete(key);
    } catch (cause) {
      this.runs.unrecorded.add(key, answers, window);
      throw this.storeError('set', cause);
    }
  }

  private storeError(operation: 'get' | 'set', cause: unknown): IdempotencyStoreError {
    const { handler, attempt } = this.task;
    return new IdempotencyStoreError(operation, handler, attempt.delivery.packet.topic, cause);
  }
}
