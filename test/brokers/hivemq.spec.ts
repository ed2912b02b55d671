import { brokerSuite } from './broker-suite.js';
import { hivemq } from './support/hivemq.js';
import { PATIENCE } from './support/traits.js';

brokerSuite(hivemq, {
  evenShares: false, // a member fetches up to 50 messages, and no more before all of them are acknowledged
  keepsOrder: true,
  outlivesMembers: false, // now and then it stands still for 20 s and more
  maximumQoS: 1,
  handsOver: true,
  leavesSessions: true,
  refusedFilter: 'x'.repeat(301),
  retainedToShared: { 4: 0, 5: 0 },
  patience: PATIENCE,
});
