import { HandlerTimeoutError } from '../errors/handler-timeout.error.js';
import { ACKNOWLEDGE, type FailedMessage, type FailureEnd, HOLD, type Settlement } from '../failure/failure-policy.js';
import { Attempt } from './attempt.js';
import { Bag } from './bag.js';
import type { Delivery } from './delivery.js';
import { advance, retreat } from './gate.js';
import type { Handler } from './handler.js';
import type { KeyLanes } from './key-lanes.js';

/** Why a message failed; an error can be `undefined`. */
export interface Failure {
  readonly error: unknown;
}

/** What a {@link Runner} reports; settling follows from it. */
export interface RunnerListener {
  started(attempt: Attempt): void;
  failed(attempt: Attempt, error: unknown, retryIn: number | undefined): void;
  /** The message is settled, once and for good. `failure` is there where it failed. */
  settled(delivery: Delivery, settlement: Settlement, failure?: Failure): void;
  /** A round of handlers is over and their place is free. */
  idle(): void;
}

/**
 * Calls the handlers of a message until all have succeeded or no attempt is left.
 *
 * A handler that has succeeded is not called again when another of the same message fails. While a message waits for
 * its next attempt it keeps its key's lane, so that order holds, and gives its place to others.
 */
export class Runner {
  private readonly runningDeliveries = new Bag<Delivery>();
  private aborted = false;

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
    const handlers = delivery.handlersLeft;
    delivery.handlersLeft = [];
    delivery.runningHandlers = handlers.length;
    for (const handler of handlers) this.call(delivery, handler);
  };

  private call(delivery: Delivery, handler: Handler): void {
    const attempt = new Attempt(delivery, handler, delivery.attemptNumber, this.decided);
    delivery.attempts.push(attempt);
    if (handler.timeout !== undefined) attempt.timer = setTimeout(() => this.timedOut(attempt), handler.timeout);
    this.listener.started(attempt);
    handler.handle(attempt).then(
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
    if (attempt.handler.ack === 'auto') attempt.ack();
    this.end(attempt);
  }

  private end(attempt: Attempt, failure?: { readonly error: unknown }): void {
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
    const failures = delivery.attempts.filter(({ verdict }) => verdict?.kind === 'failed');
    if (failures.length === 0) {
      this.leave(delivery);
      return;
    }
    let wait: number | undefined;
    let lastError: unknown;
    for (const attempt of failures) {
      if (attempt.verdict?.kind !== 'failed') continue;
      lastError = attempt.verdict.error;
      wait = delivery.route.failure.retryAfter(lastError, attempt.number, delivery.decodedMessage);
      if (wait === undefined) break;
    }
    for (const attempt of failures) {
      if (attempt.verdict?.kind === 'failed') this.listener.failed(attempt, attempt.verdict.error, wait);
    }
    if (wait === undefined) this.endFailed(delivery, lastError);
    else this.retry(delivery, failures, wait);
  }

  private retry(delivery: Delivery, failures: readonly Attempt[], wait: number): void {
    delivery.state = 'backoff';
    delivery.handlersLeft = failures.map(({ handler }) => handler);
    delivery.attempts = delivery.attempts.filter((attempt) => !failures.includes(attempt));
    retreat(delivery, delivery.key === undefined ? 0 : 1);
    if (!this.aborted) delivery.retryTimer = setTimeout(() => advance(delivery), wait);
  }

  /** The message has failed whatever its handlers still do: it matched none, or none can be given it. */
  endFailed(delivery: Delivery, error: unknown): void {
    this.leave(delivery);
    const { packet, route, decodedMessage, attemptNumber } = delivery;
    const failed: FailedMessage = {
      packet,
      group: route.group,
      filter: route.filter.text,
      handler: delivery.attempts.findLast(({ verdict }) => verdict?.kind === 'failed')?.handler.name,
      message: decodedMessage,
      error,
      attempts: attemptNumber,
    };
    settlementOf(route.failure.end, failed).then(
      (settlement) => this.settle(delivery, settlement, { error }),
      () => this.settle(delivery, HOLD, { error }),
    );
  }

  /** Settled when every handler has decided; one that rejects outweighs those that acknowledge. */
  private settleIfDecided(delivery: Delivery): void {
    if (delivery.attempts.length < delivery.route.handlers.length) return;
    let reasonCode = 0;
    for (const { verdict } of delivery.attempts) {
      if (verdict === undefined || verdict.kind === 'failed') return;
      if (verdict.kind === 'reject') reasonCode = verdict.reasonCode;
    }
    this.settle(delivery, reasonCode === 0 ? ACKNOWLEDGE : { kind: 'acknowledge', reasonCode });
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
