import { brokerSuite } from './broker-suite.js';
import { hivemq } from './support/hivemq.js';
import { PATIENCE } from './support/traits.js';

brokerSuite(hivemq, {
  evenShares: false, // a member fetches up to 50 messages, and no more before all of them are acknowledged
  keepsOrder: true,
  wakesIdleMembers: false, // until its queue was empty, or they subscribe again
  takesSubscribesAtOnce: true,
  maximumQoS: 1,
  handsOver: true,
  leavesSessions: true,
  refusedFilter: 'x'.repeat(301),
  retainedToShared: { 4: 0, 5: 0 },
  patience: PATIENCE,
});
