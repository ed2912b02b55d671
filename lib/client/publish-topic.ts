import { InvalidTopicNameError } from '../errors/invalid-topic-name.error.js';
import { stripLeadingSlashes } from '../topic/leading-slash.js';
import { validateTopicName } from '../topic/topic-name.js';

/**
 * The Topic Name that a route of Nest's means.
 *
 * @throws InvalidTopicNameError
 */
export function publishTopic(route: string, leadingSlash: 'strip' | 'keep', where: string): string {
  const topic = leadingSlash === 'strip' && typeof route === 'string' ? stripLeadingSlashes(route) : route;
  validateTopicName(topic, { where });
  if (topic.startsWith('$share/')) {
    const rule = 'it is the filter of a Shared Subscription (MQTT 5.0 section 4.8.2)';
    throw new InvalidTopicNameError({
      value: topic,
      where,
      rule,
      fix: 'Publish to the topic alone: publishers know nothing of groups.',
    });
  }
  return topic;
}
