import { brokerSuite } from './broker-suite.js';
import { asConfiguredHere } from './support/broker.js';
import { artemis } from './support/artemis.js';
import { PATIENCE } from './support/traits.js';

brokerSuite(artemis, {
  evenShares: true,
  keepsOrder: {
    because:
      'now and then it delivers the messages of one publisher out of order (https://issues.apache.org/jira/browse/ARTEMIS-6191)',
  },
  outlivesMembers: true,
  keepsForAbsent: true,
  maximumQoS: 2,
  handsOver: true,
  leavesSessions: true,
  refusedFilter: asConfiguredHere('forbidden/#'),
  retainedToShared: { 4: 1, 5: 0 },
  patience: PATIENCE,
});
