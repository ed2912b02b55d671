import { DeadLetterLoopError } from '../errors/dead-letter-loop.error.js';
import { acknowledge } from '../failure/acknowledge.js';
import { ByVerdict } from '../failure/by-verdict.js';
import { DeadLetter } from '../failure/dead-letter.js';
import { DEFAULT_DEAD_LETTER_TOPIC, validateDeadLetterTopic } from '../failure/dead-letter-topic.js';
import type { FailureEnd } from '../failure/failure-policy.js';
import type { OnErrorOptions } from '../failure/on-error-options.js';
import { redeliver } from '../failure/redeliver.js';
import { reject } from '../failure/reject.js';
import type { OutboundPublish } from '../session/wire.js';
import type { TopicFilter } from '../topic/topic-filter.js';
import type { Subscription } from './subscription.js';

export interface FailureEndContext {
  readonly group: string | undefined;
  /** `undefined` for what no subscription matches, whose topic can be any. */
  readonly filter: TopicFilter | undefined;
  /** The pattern's own. */
  readonly onError: OnErrorOptions;
  /** Client Identifier of the connection. */
  readonly worker: string;
}

/** Chooses how the failed messages of a pattern end. */
export class FailureEnds {
  constructor(
    private readonly onError: OnErrorOptions,
    private readonly subscriptions: readonly Subscription[],
    private readonly publish: (message: OutboundPublish) => Promise<void>,
  ) {}

  /** @throws DeadLetterLoopError, InvalidTopicNameError where `then` is `'dead-letter'` */
  choose(context: FailureEndContext): FailureEnd {
    const { then = this.onError.then ?? 'redeliver' } = context.onError;
    // A plain subscription has a clean session, with which nothing could be delivered again.
    const again = context.group === undefined ? acknowledge : redeliver;
    const deadLetter = this.deadLetter(context, again, then === 'dead-letter');
    const ends = { redeliver: again, 'dead-letter': deadLetter, reject, ack: acknowledge };
    return new ByVerdict(ends[then], deadLetter, again);
  }

  private deadLetter(context: FailureEndContext, again: FailureEnd, isConfigured: boolean): FailureEnd {
    const { group, filter, onError, worker } = context;
    const template = onError.deadLetterTopic ?? this.onError.deadLetterTopic ?? DEFAULT_DEAD_LETTER_TOPIC;
    const filters = this.subscriptions.filter((other) => other.group === group).map((other) => other.filter);
    try {
      if (filter !== undefined) validateDeadLetterTopic(template, group, filter, filters);
    } catch (error) {
      // Where dead letters were not asked for, a handler may still throw DeadLetterMessage; better again than in circles.
      if (isConfigured || !(error instanceof DeadLetterLoopError)) throw error;
      return again;
    }
    return new DeadLetter(template, worker, this.publish, again);
  }
}
