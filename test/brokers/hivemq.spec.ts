import { brokerSuite } from './broker-suite.js';
import { asConfiguredHere } from './support/broker.js';
import { hivemq } from './support/hivemq.js';
import { PATIENCE } from './support/traits.js';

brokerSuite(hivemq, {
  evenShares: {
    because: 'a member fetches up to 50 messages, and no more before all of them are acknowledged, so one can take all',
  },
  keepsOrder: true,
  outlivesMembers: true,
  keepsForAbsent: true,
  maximumQoS: 1,
  handsOver: true,
  leavesSessions: true,
  refusedFilter: asConfiguredHere('x'.repeat(301)),
  retainedToShared: { 4: 0, 5: 0 },
  patience: PATIENCE,
});
