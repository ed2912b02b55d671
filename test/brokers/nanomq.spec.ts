import { brokerSuite } from './broker-suite.js';
import { nanomq } from './support/nanomq.js';

brokerSuite(nanomq, {
  evenShares: true,
  keepsOrder: true,
  outlivesMembers: {
    because: 'what it is handing to a member at the moment at which that unsubscribes is lost now and then',
  },
  keepsForAbsent: {
    because: 'the share of a member that is away is lost, until its session is unsubscribed',
  },
  maximumQoS: 2,
  handsOver: false,
  leavesSessions: false,
  refusedFilter: { because: 'it is not known to refuse any filter that the library takes' },
  retainedToShared: { 4: 0, 5: 0 },
  patience: 450_000, // what a session holds comes again 15 s after its owner, and then one message every 10 s
});
