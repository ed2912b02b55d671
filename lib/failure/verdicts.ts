import { RpcException } from '@nestjs/microservices';
import { InvalidReasonCodeError } from '../errors/invalid-reason-code.error.js';

/** MQTT 5.0 section 3.4.2.1: the receiver does not accept the message. */
export const IMPLEMENTATION_SPECIFIC_ERROR = 0x83;

/** @throws InvalidReasonCodeError for a code that means success, or nothing: brokers end the connection for it. */
export function assertFailure(reasonCode: number): void {
  if (!Number.isInteger(reasonCode) || reasonCode < 0x80 || reasonCode > 0xff) {
    throw new InvalidReasonCodeError(reasonCode);
  }
}

/**
 * What a handler throws to decide for itself what becomes of its message. Nest's base exception filter lets these
 * through as they are; a filter of your own that swallows one has handled the message.
 */
abstract class MessageVerdict extends RpcException {
  constructor(reason: string) {
    super(reason);
    this.name = new.target.name;
  }

  /** The base exception filter passes on what this returns. */
  override getError(): this {
    return this;
  }
}

/**
 * The message is to be tried again: after `after` ms, or after the wait of `onError.backoff`. When `onError.attempts` are
 * used up it is left to the broker to deliver again, whatever `onError.then` says.
 *
 * @publicApi
 */
export class RetryMessage extends MessageVerdict {
  /** Milliseconds. */
  readonly after: number | undefined;

  constructor(reason: string, { after }: { after?: number } = {}) {
    super(reason);
    this.after = after;
  }
}

/**
 * The message goes to the dead-letter topic now, with no further attempt.
 *
 * @publicApi
 */
export class DeadLetterMessage extends MessageVerdict {}

/**
 * The message is refused now, with no further attempt: it does not come again. On 5.0 the broker gets `reasonCode`
 * (0x80 or above; default 0x83, Implementation specific error).
 *
 * @publicApi
 */
export class RejectMessage extends MessageVerdict {
  /** @throws InvalidReasonCodeError */
  readonly reasonCode: number;

  constructor(reason: string, { reasonCode = IMPLEMENTATION_SPECIFIC_ERROR }: { reasonCode?: number } = {}) {
    super(reason);
    assertFailure(reasonCode);
    this.reasonCode = reasonCode;
  }
}
