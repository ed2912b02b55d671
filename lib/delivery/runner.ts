import { isObservable } from 'rxjs';
import { HandlerTimeoutError } from '../errors/handler-timeout.error.js';
import { RejectMessage } from '../failure/verdicts.js';
import { ACKNOWLEDGE, type FailedMessage, type FailureEnd, HOLD, type Settlement } from '../failure/failure-policy.js';
import { Attempt, type Failure } from './attempt.js';
import { Bag } from '../bag.js';
import type { Delivery } from './delivery.js';
import { drain } from './drain.js';
import { advance, retreat } from './gate.js';
import type { Handler } from './handler.js';
import type { KeyLanes } from './key-lanes.js';
import { failuresOf, type HandlerFailure, nextAttempt } from './next-attempt.js';

/** What a {@link Runner} reports; settling follows from it. */
export interface RunnerListener {
  started(attempt: Attempt): void;
  skipped(attempt: Attempt): void;
  failed(attempt: Attempt, error: unknown, retryIn: number | undefined): void;
  /** A handler has refused its message without failing. */
  rejected(attempt: Attempt, error: RejectMessage): void;
  /** The message is settled, once and for good. `failure` is there where it failed. */
  settled(delivery: Delivery, settlement: Settlement, failure?: Failure): void;
  /** A round of handlers is over and their place is free. */
  idle(): void;
}

const NO_HANDLERS: readonly Handler[] = [];

/**
 * Calls the handlers of a message until all have succeeded or no attempt is left.
 *
 * A handler that has succeeded is not called again when another of the same message fails. While a message waits for
 * its next attempt it keeps its key's lane, so that order holds, and gives its place to others.
 */
export class Runner {
  private readonly runningDeliveries = new Bag<Delivery>();
  private aborted = false;
  /** No attempt that would begin later is waited for: milliseconds on a monotonic clock. */
  private deadline = Infinity;
  private triesNoMore = false;

  constructor(
    private readonly lanes: KeyLanes,
    private readonly listener: RunnerListener,
  ) {}

  get running(): number {
    return this.runningDeliveries.size;
  }

  readonly begin = (delivery: Delivery): void => {
    if (delivery.cancelled) {
      this.leave(delivery);
      return;
    }
    delivery.state = 'running';
    delivery.attemptNumber++;
    delivery.runningPlace = this.runningDeliveries.add(delivery);
    const { attemptNumber, handlersLeft } = delivery;
    const attempts = handlersLeft.map((handler) => new Attempt(delivery, handler, attemptNumber, this.decided));
    delivery.handlersLeft = NO_HANDLERS;
    delivery.runningHandlers = attempts.length;
    delivery.attempts = delivery.attempts.length === 0 ? attempts : [...delivery.attempts, ...attempts];
    for (const attempt of attempts) this.call(attempt);
  };

  private call(attempt: Attempt): void {
    const { handler } = attempt;
    if (handler.timeout !== undefined) attempt.timer = setTimeout(() => this.timedOut(attempt), handler.timeout);
    this.listener.started(attempt);
    handler.handle(attempt).then(
      (result) => this.returned(attempt, result),
      (error: unknown) => this.end(attempt, { error }),
    );
  }

  private returned(attempt: Attempt, result: unknown): void {
    if (!isObservable(result)) {
      this.succeeded(attempt);
      return;
    }
    drain(result, () => {}, attempt).then(
      () => this.succeeded(attempt),
      (error: unknown) => this.end(attempt, { error }),
    );
  }

  private timedOut(attempt: Attempt): void {
    const { handler, delivery } = attempt;
    const error = new HandlerTimeoutError(handler.name, delivery.packet.topic, handler.timeout ?? 0);
    attempt.timeOut(error);
    this.end(attempt, { error });
  }

  private succeeded(attempt: Attempt): void {
    if (attempt.ended) return;
    if (attempt.skipped) this.listener.skipped(attempt);
    if (attempt.handler.ack === 'auto') attempt.ack();
    this.end(attempt);
  }

  private end(attempt: Attempt, failure?: Failure): void {
    if (attempt.ended) return;
    attempt.ended = true;
    clearTimeout(attempt.timer);
    const { delivery } = attempt;
    if (failure !== undefined && !attempt.fail(failure.error)) {
      this.listener.failed(attempt, failure.error, undefined);
    }
    delivery.runningHandlers--;
    if (delivery.runningHandlers === 0) this.roundOver(delivery);
  }

  private readonly decided = (attempt: Attempt): void => {
    if (attempt.verdict?.kind !== 'failed') this.settleIfDecided(attempt.delivery);
  };

  private roundOver(delivery: Delivery): void {
    this.runningDeliveries.remove(delivery.runningPlace);
    if (delivery.settlement === undefined) this.retryOrEnd(delivery);
    else this.leave(delivery);
    this.listener.idle();
  }

  private retryOrEnd(delivery: Delivery): void {
    const failures = failuresOf(delivery);
    const next = nextAttempt(delivery, failures);
    if (next === undefined) {
      this.leave(delivery);
      return;
    }
    const { wait, failure } = next;
    delivery.lastFailure = failure;
    delivery.retryAt = performance.now() + (wait ?? 0);
    const isTooLate = this.isTooLate(delivery);
    for (const { attempt, error } of failures) this.listener.failed(attempt, error, isTooLate ? undefined : wait);
    if (wait === undefined) this.endFailed(delivery, failure);
    else if (isTooLate) this.leaveToBroker(delivery);
    else this.retry(delivery, failures, wait);
  }

  private isTooLate({ key, retryAt }: Delivery): boolean {
    return this.triesNoMore || (key === undefined && retryAt > this.deadline);
  }

  private retry(delivery: Delivery, failures: readonly HandlerFailure[], wait: number): void {
    delivery.state = 'backoff';
    delivery.handlersLeft = failures.map(({ attempt }) => attempt.handler);
    delivery.attempts = delivery.attempts.filter(({ verdict }) => verdict?.kind !== 'failed');
    retreat(delivery, delivery.key === undefined ? 0 : 1);
    if (this.aborted) return;
    delivery.retryTimer = setTimeout(() => {
      delivery.retryTimer = undefined;
      advance(delivery);
    }, wait);
  }

  /** See `Consumer.tryWithin`. */
  tryWithin(milliseconds: number, unsettled: readonly Delivery[]): void {
    this.deadline = performance.now() + milliseconds;
    for (const delivery of unsettled) {
      if (delivery.retryTimer === undefined || !this.isTooLate(delivery)) continue;
      clearTimeout(delivery.retryTimer);
      delivery.retryTimer = undefined;
      this.leaveToBroker(delivery);
    }
  }

  /** See `Consumer.tryNoMore`. */
  tryNoMore(unsettled: readonly Delivery[]): void {
    this.triesNoMore = true;
    this.tryWithin(0, unsettled);
  }

  private leaveToBroker(delivery: Delivery): void {
    this.leave(delivery);
    this.settle(delivery, HOLD, delivery.lastFailure);
  }

  /** The message has failed whatever its handlers still do: it matched none, or none can be given it. */
  endFailed(delivery: Delivery, failure: Failure): void {
    this.leave(delivery);
    const { packet, route, decodedMessage, attemptNumber } = delivery;
    const failed: FailedMessage = {
      packet,
      group: route.group,
      filter: route.filter.text,
      handler: failure.attempt?.handler.name,
      message: decodedMessage,
      error: failure.error,
      attempts: attemptNumber,
    };
    settlementOf(route.failure.end, failed).then(
      (settlement) => this.settle(delivery, settlement, failure),
      () => this.settle(delivery, HOLD, failure),
    );
  }

  /** Settled when every handler has decided; one that rejects outweighs those that acknowledge. */
  private settleIfDecided(delivery: Delivery): void {
    if (delivery.attempts.length < delivery.route.handlers.length) return;
    let rejection: Attempt | undefined;
    let reasonCode = 0;
    for (const attempt of delivery.attempts) {
      const { verdict } = attempt;
      if (verdict === undefined || verdict.kind === 'failed') return;
      if (verdict.kind === 'acknowledge') continue;
      rejection = attempt;
      reasonCode = verdict.reasonCode;
    }
    if (rejection === undefined) this.settle(delivery, ACKNOWLEDGE);
    else this.refuse(delivery, rejection, reasonCode);
  }

  private refuse(delivery: Delivery, attempt: Attempt, reasonCode: number): void {
    const code = `0x${reasonCode.toString(16)}`;
    const error = new RejectMessage(`${attempt.handler.name} refused it with Reason Code ${code}`, { reasonCode });
    this.listener.rejected(attempt, error);
    this.settle(delivery, { kind: 'acknowledge', reasonCode }, { error, attempt });
  }

  private settle(delivery: Delivery, settlement: Settlement, failure?: Failure): void {
    if (delivery.settlement !== undefined) return;
    delivery.settlement = settlement;
    this.listener.settled(delivery, settlement, failure);
  }

  /** The message needs no place any more. */
  leave(delivery: Delivery): void {
    delivery.state = 'done';
    retreat(delivery);
    if (delivery.key !== undefined) this.lanes.tidy(delivery.key);
  }

  /** Nothing is tried again from now on: a timer would only keep the process from ending. */
  abortAll(reason: Error): void {
    this.aborted = true;
    for (const { attempts } of this.runningDeliveries.members()) {
      for (const attempt of attempts) attempt.abort(reason);
    }
  }
}

async function settlementOf(end: FailureEnd, failed: FailedMessage): Promise<Settlement> {
  return end.settle(failed);
}
