import { ACKNOWLEDGE, type FailedMessage, type FailureEnd, type Settlement } from '../failure/failure-policy.js';
import { ReplyStream, type ReplyWriter } from '../reply/reply-stream.js';
import type { ReplyTarget } from '../reply/reply-target.js';
import type { ReceivedMessage } from './received-message.js';

/**
 * Tells a requester of the failure. With that the message is done: delivering it again would answer a second time.
 * What is no request, or cannot be answered, goes the way of every failed message.
 */
export class AnswerFailures implements FailureEnd {
  constructor(
    private readonly otherwise: FailureEnd,
    private readonly writer: ReplyWriter,
  ) {}

  async settle(failed: FailedMessage): Promise<Settlement> {
    const target = await replyTargetOf(failed.message as ReceivedMessage | undefined);
    if (target === undefined) return this.otherwise.settle(failed);
    try {
      await new ReplyStream(target, this.writer).error(failed.error);
      return ACKNOWLEDGE;
    } catch {
      return this.otherwise.settle(failed);
    }
  }
}

async function replyTargetOf(message: ReceivedMessage | undefined): Promise<ReplyTarget | undefined> {
  try {
    return (await message)?.replyTarget;
  } catch {
    // It could not be read, so it is not known who asked.
    return undefined;
  }
}
