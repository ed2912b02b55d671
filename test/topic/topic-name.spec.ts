import { describe, expect, it } from '@jest/globals';
import { InvalidTopicNameError } from '../../lib/errors/invalid-topic-name.error.js';
import { validateTopicName } from '../../lib/topic/topic-name.js';

describe('A Topic Name', () => {
  it.each(['a', '/', 'a//b/', 'true', '1.0', '$internal/x', 'ü 水', 'x'.repeat(65_535)])('may be %.20s', (topic) => {
    expect(() => validateTopicName(topic)).not.toThrow();
  });

  it.each([
    ['MQTT-4.7.3-1', ''],
    ['MQTT-3.3.2-2', 'jobs/+'],
    ['MQTT-3.3.2-2', 'jobs/a+b'],
    ['MQTT-3.3.2-2', '#'],
    ['MQTT-4.7.3-2', 'a\0'],
    ['MQTT-1.5.4-1', 'a\uDFFF'],
    ['MQTT-4.7.3-3', 'x'.repeat(65_536)],
  ])('is refused by [%s]: %j', (clause, topic) => {
    expect(() => validateTopicName(topic)).toThrow(InvalidTopicNameError);
    expect(() => validateTopicName(topic)).toThrow(`[${clause}]`);
  });

  it('is refused with the place, the topic, the rule, what to do, and a stable code', () => {
    const refused = () => validateTopicName('jobs/+', { where: 'emit' });
    expect(refused).toThrow(
      'emit: Topic Name "jobs/+" is not valid: it contains a wildcard, "+" or "#" [MQTT-3.3.2-2]. ' +
        'Publish to one topic; wildcards belong to subscriptions.',
    );
    expect(refused).toThrow(expect.objectContaining({ name: 'InvalidTopicNameError', code: 'INVALID_TOPIC_NAME' }));
  });
});
