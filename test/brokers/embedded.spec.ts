import { brokerSuite } from './broker-suite.js';
import { protocolSuite } from './protocol-suite.js';
import { ifThere } from './support/broker.js';
import { embedded } from './support/embedded.js';
import { PATIENCE } from './support/traits.js';

brokerSuite(embedded, {
  evenShares: true,
  keepsOrder: true,
  outlivesMembers: true,
  keepsForAbsent: true,
  maximumQoS: 2,
  handsOver: true,
  leavesSessions: false,
  refusedFilter: 'forbidden/#',
  retainedToShared: { 4: 0, 5: 0 },
  patience: PATIENCE,
});

ifThere(embedded, (start) => {
  protocolSuite(embedded.name, start, {
    overlappingCopies: { 4: 2, 5: 2 },
    retainedToShared: 0,
    unfinishedSharedGoesTo: 'another member',
    acknowledgementFrees: 'one message',
    takeoverReasonCode: 0x8e,
    refusal: { 4: 'refused 0x80', 5: 'refused 0x8f' },
    acceptedFilters: [],
    acceptsNoLocalOnShared: false,
  });
});
