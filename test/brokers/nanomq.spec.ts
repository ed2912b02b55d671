import { brokerSuite } from './broker-suite.js';
import { nanomq } from './support/nanomq.js';

brokerSuite(nanomq, {
  evenShares: true,
  keepsOrder: true,
  outlivesMembers: true,
  maximumQoS: 2,
  handsOver: false,
  leavesSessions: false,
  refusedFilter: { because: 'it is not known to refuse any filter that the library takes' },
  retainedToShared: { 4: 0, 5: 0 },
  patience: 300_000, // what a session holds comes again 15 s after its owner, and then one message every 10 s
});
