import { brokerSuite } from './broker-suite.js';
import { protocolSuite } from './protocol-suite.js';
import { ifThere } from './support/broker.js';
import { mosquitto } from './support/mosquitto.js';
import { PATIENCE } from './support/traits.js';

brokerSuite(mosquitto, {
  evenShares: true,
  keepsOrder: true,
  outlivesMembers: true,
  keepsForAbsent: true,
  maximumQoS: 2,
  handsOver: false,
  leavesSessions: false,
  refusedFilter: 'x/'.repeat(201), // 200 levels it takes
  retainedToShared: { 4: 1, 5: 0 }, // later versions send none
  patience: PATIENCE,
});

// what is peculiar here was measured on 2.0.11
ifThere(mosquitto, (start) => {
  protocolSuite(mosquitto.name, start, {
    overlappingCopies: { 4: 1, 5: 2 },
    retainedToShared: 1, // later versions send none
    unfinishedSharedGoesTo: 'its own member',
    acknowledgementFrees: 'a whole window', // so a client cannot rely on its Receive Maximum
    takeoverReasonCode: undefined,
    refusal: { 4: 'disconnected', 5: 'disconnected' },
    acceptedFilters: ['$share//t', '$share/+/t', '$share/g', '$share/g/'],
    acceptsNoLocalOnShared: true, // later versions disconnect
  });
});
