import { ACKNOWLEDGE, type FailedMessage, type FailureEnd, type Settlement } from '../failure/failure-policy.js';
import type { PayloadCodec } from '../payload/payload-codec.js';
import type { OpenedMessage } from '../reply/open-message.js';
import { ReplyStream } from '../reply/reply-stream.js';
import type { OutboundPublish } from '../session/wire.js';

/**
 * Tells a requester of the failure. With that the message is done: delivering it again would answer a second time.
 * What is no request, or cannot be answered, goes the way of every failed message.
 */
export class AnswerFailures implements FailureEnd {
  constructor(
    private readonly otherwise: FailureEnd,
    private readonly codec: PayloadCodec,
    private readonly publish: (message: OutboundPublish) => Promise<void>,
  ) {}

  async settle(failed: FailedMessage): Promise<Settlement> {
    const target = (failed.message as OpenedMessage | undefined)?.replyTarget;
    if (target === undefined) return this.otherwise.settle(failed);
    try {
      await new ReplyStream(target, this.codec, this.publish).error(failed.error);
      return ACKNOWLEDGE;
    } catch {
      return this.otherwise.settle(failed);
    }
  }
}
