import type { OutboundPublish, PublishProperties } from '../session/wire.js';
import { deadLetterTopic } from './dead-letter-topic.js';
import { ACKNOWLEDGE, type FailedMessage, type FailureEnd, type Settlement } from './failure-policy.js';
import { reasonOf } from './reason.js';

/**
 * Guarantees that a failed message is acknowledged only when the broker has confirmed a copy of it on the dead-letter
 * topic: same QoS, payload and content type, and on 5.0 User Properties that say what happened. What the broker does not
 * take is left to `unreachable`.
 */
export class DeadLetter implements FailureEnd {
  constructor(
    private readonly template: string,
    /** Client Identifier of the worker's connection. */
    private readonly worker: string,
    private readonly publish: (message: OutboundPublish) => Promise<void>,
    private readonly unreachable: FailureEnd,
  ) {}

  async settle(failed: FailedMessage): Promise<Settlement> {
    const { packet, group } = failed;
    try {
      await this.publish({
        topic: deadLetterTopic(this.template, group, packet.topic),
        payload: packet.payload,
        qos: packet.qos,
        retain: false,
        properties: this.properties(failed),
      });
    } catch {
      return this.unreachable.settle(failed);
    }
    return ACKNOWLEDGE;
  }

  private properties(failed: FailedMessage): PublishProperties {
    const { packet, group, filter, handler, error, attempts } = failed;
    // Topic Alias and Subscription Identifier belong to the delivery; a Response Topic would be answered by whoever reads.
    const { contentType, payloadFormatIndicator, messageExpiryInterval, userProperties } = packet.properties ?? {};
    const told = {
      'dead-letter-reason': reasonOf(error),
      'dead-letter-topic': packet.topic,
      'dead-letter-group': group,
      'dead-letter-filter': filter,
      'dead-letter-handler': handler,
      'dead-letter-attempts': String(attempts),
      'dead-letter-worker': this.worker,
      'dead-letter-at': new Date().toISOString(),
    };
    const defined = Object.entries(told).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return {
      contentType,
      payloadFormatIndicator,
      messageExpiryInterval,
      userProperties: { ...userProperties, ...Object.fromEntries(defined) },
    };
  }
}
