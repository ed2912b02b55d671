import { describe, expect, it } from '@jest/globals';
import { InvalidShareNameError } from '../../lib/errors/invalid-share-name.error.js';
import { InvalidTopicFilterError } from '../../lib/errors/invalid-topic-filter.error.js';
import { validateShareName } from '../../lib/topic/share-name.js';
import { formatSharedSubscription, parseSharedSubscription } from '../../lib/topic/shared-subscription.js';

describe('A Share Name', () => {
  it.each(['g', 'workers', 'a b', '$share', '水', ' ', 'x'.repeat(65_535)])('may be %.20s', (group) => {
    expect(() => validateShareName(group)).not.toThrow();
  });

  it.each([
    ['MQTT-4.8.2-1', ''],
    ['MQTT-4.8.2-2', 'a/b'],
    ['MQTT-4.8.2-2', 'g+'],
    ['MQTT-4.8.2-2', '#'],
    ['MQTT-4.7.3-2', 'g\0'],
    ['MQTT-1.5.4-1', '\uDBFF'],
    ['MQTT-4.7.3-3', 'x'.repeat(65_536)],
  ])('is refused by [%s]: %j', (clause, group) => {
    expect(() => validateShareName(group)).toThrow(InvalidShareNameError);
    expect(() => validateShareName(group)).toThrow(`[${clause}]`);
  });

  it('is refused when a setting is missing', () => {
    expect(() => validateShareName(undefined as unknown as string)).toThrow(
      'Share Name undefined is not valid: it is not a string. Give a string; is a setting',
    );
  });

  it('is refused with the place, the name, the rule, what to do, and a stable code', () => {
    const refused = () => validateShareName('work/ers', { where: 'JobsController.resize' });
    expect(refused).toThrow(
      'JobsController.resize: Share Name "work/ers" is not valid: it contains "/" [MQTT-4.8.2-2]. ' +
        'Use a group without "/", "+" and "#".',
    );
    expect(refused).toThrow(expect.objectContaining({ name: 'InvalidShareNameError', code: 'INVALID_SHARE_NAME' }));
  });
});

describe('A Shared Subscription', () => {
  it.each([
    ['$share/g/t', { group: 'g', filter: 't' }],
    ['$share/g//t', { group: 'g', filter: '/t' }],
    ['$share/consumer1/sport/tennis/+', { group: 'consumer1', filter: 'sport/tennis/+' }],
    ['$share/g/#', { group: 'g', filter: '#' }],
    ['$share/g//', { group: 'g', filter: '/' }],
    ['$share/$share/$share/g/t', { group: '$share', filter: '$share/g/t' }],
  ])('%s is read as %j, and written the same', (text, parts) => {
    expect(parseSharedSubscription(text)).toEqual(parts);
    expect(formatSharedSubscription(parts.group, parts.filter)).toBe(text);
  });

  it.each(['t', '$share', '$shared/g/t', '$SHARE/g/t', '/$share/g/t', '$SYS/#'])('is not what %s means', (text) => {
    expect(parseSharedSubscription(text)).toBeUndefined();
  });

  it.each([
    [InvalidTopicFilterError, '$share/g'],
    [InvalidTopicFilterError, '$share/g/'],
    [InvalidShareNameError, '$share/'],
    [InvalidShareNameError, '$share//t'],
    [InvalidShareNameError, '$share/+/t'],
    [InvalidShareNameError, '$share/g+/t'],
    [InvalidShareNameError, '$share/g#/t'],
    [InvalidShareNameError, '$share/g+'],
  ])('is refused with an %p: %s', (kind, text) => {
    const refused = () => parseSharedSubscription(text, { where: 'here' });
    expect(refused).toThrow(kind);
    expect(refused).toThrow(/^here: /);
  });

  it('is refused where group and filter together are too long for one Topic Filter [MQTT-4.7.3-3]', () => {
    const longest = 65_535 - '$share/g/'.length;
    expect(formatSharedSubscription('g', 'x'.repeat(longest))).toHaveLength(65_535);
    expect(() => formatSharedSubscription('g', 'x'.repeat(longest + 1))).toThrow(InvalidTopicFilterError);
  });
});
