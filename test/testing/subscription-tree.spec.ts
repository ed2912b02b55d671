import { expect, test } from '@jest/globals';

import { DEFAULT_BEHAVIOUR } from '../../lib/testing/behaviours.js';
import { BrokerEvents } from '../../lib/testing/broker-events.js';
import { Session } from '../../lib/testing/session.js';
import { Share } from '../../lib/testing/share.js';
import { SubscriptionTree } from '../../lib/testing/subscription-tree.js';
import type { Subscription } from '../../lib/testing/subscription.js';

const subscription = (topicFilter: string, shareName?: string): Subscription => ({
  filter: shareName === undefined ? topicFilter : `$share/${shareName}/${topicFilter}`,
  topicFilter,
  shareName,
  qos: 1,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  identifier: undefined,
});

const terms = { behaviour: DEFAULT_BEHAVIOUR, maxQueuedMessages: 10 };

const setup = () => ({
  tree: new SubscriptionTree((filter) => new Share(filter, terms, new BrokerEvents())),
  session: new Session('client', new BrokerEvents(), terms),
});

test('The subscription tree finds what is subscribed to after thousands of filters have come and gone', () => {
  const { tree, session } = setup();
  tree.add(session, subscription('stays/+'));
  for (let i = 0; i < 5000; i++) {
    tree.add(session, subscription(`reply/${i}`));
    tree.remove(session, `reply/${i}`);
  }
  tree.add(session, subscription('reply/4999'));

  const found = (topic: string) =>
    tree.match(topic).flatMap(({ plain }) => [...plain.values()].map(({ filter }) => filter));
  expect(found('stays/here')).toEqual(['stays/+']);
  expect(found('reply/4999')).toEqual(['reply/4999']);
  expect(found('reply/1')).toEqual([]);
  // what is gone is not carried along for ever
  expect(
    Array.from({ length: 5000 }, (_, i) => tree.match(`reply/${i}`).length).filter((length) => length > 0).length,
  ).toBeLessThan(1500);
});

test('The subscription tree forgets a shared subscription with its last member', () => {
  const { tree, session } = setup();
  const second = new Session('second', new BrokerEvents(), terms);
  for (const member of [session, second]) tree.add(member, subscription('jobs', 'g'));
  expect(tree.share('$share/g/jobs')?.members.size).toBe(2);

  expect(tree.remove(session, '$share/g/jobs')).toBe(true);
  expect(tree.remove(session, '$share/g/jobs')).toBe(false);
  expect(session.groups.size).toBe(0);
  expect([...(tree.share('$share/g/jobs')?.members.keys() ?? [])]).toEqual([second]);
  tree.remove(second, '$share/g/jobs');
  expect(tree.share('$share/g/jobs')).toBeUndefined();
});
