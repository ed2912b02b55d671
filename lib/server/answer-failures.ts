import { RpcException } from '@nestjs/microservices';
import { IdempotencyStoreError } from '../errors/idempotency-store.error.js';
import { MQTTSharedError } from '../errors/mqtt-shared.error.js';
import { ownError } from '../errors/own-error.js';
import {
  ACKNOWLEDGE,
  type FailedMessage,
  type FailureEnd,
  type FailurePolicy,
  type Settlement,
} from '../failure/failure-policy.js';
import { RetryMessage } from '../failure/verdicts.js';
import { replyAddress } from '../reply/open-message.js';
import { ReplyStream, type ReplyWriter } from '../reply/reply-stream.js';
import type { ReplyTarget } from '../reply/reply-target.js';
import type { ReceivedMessage } from './received-message.js';

/**
 * Tells a requester of the failure at once, in place of further attempts while it waits. With that the message is done:
 * delivering it again would answer a second time. A handler that wants to try again throws `RetryMessage`.
 *
 * What is no request, or cannot be answered, goes the way of every failed message.
 */
export class AnswerFailures implements FailurePolicy, FailureEnd {
  constructor(
    private readonly otherwise: FailurePolicy,
    private readonly writer: ReplyWriter,
  ) {}

  get end(): FailureEnd {
    return this;
  }

  retryAfter(error: unknown, attempt: number, message: unknown): number | undefined {
    const isRequest = (message as { replyTarget?: ReplyTarget } | undefined)?.replyTarget !== undefined;
    if (isRequest && !(error instanceof RetryMessage)) return undefined;
    return this.otherwise.retryAfter(error, attempt, message);
  }

  async settle(failed: FailedMessage): Promise<Settlement> {
    const target = await replyTargetOf(failed);
    if (target === undefined) return this.otherwise.end.settle(failed);
    try {
      await new ReplyStream(target, this.writer).error(fitForOutsiders(failed.error));
      return ACKNOWLEDGE;
    } catch {
      return this.otherwise.end.settle(failed);
    }
  }
}

/** A request that could not be read says who asked only where it has a Response Topic (5.0). */
async function replyTargetOf({ message, packet }: FailedMessage): Promise<ReplyTarget | undefined> {
  try {
    const opened = await (message as ReceivedMessage | undefined);
    if (opened !== undefined) return opened.replyTarget;
  } catch {
    // A deserializer that returns promises could not read it.
  }
  return replyAddress(packet, undefined).replyTarget;
}

/** What came past Nest's filters may tell of things that are nobody's business; they hide it, and so does this. */
function fitForOutsiders(error: unknown): unknown {
  if (ownError(error) instanceof IdempotencyStoreError) return undefined;
  const isMeantToBeSeen = error instanceof MQTTSharedError || error instanceof RpcException;
  return error instanceof Error && !isMeantToBeSeen ? undefined : error;
}
