import { test } from '@jest/globals';

import { hasMosquitto, startMosquitto } from '../support/mosquitto.js';
import { brokerSuite } from './broker-suite.js';

// what is peculiar here was measured on 2.0.11
if (hasMosquitto()) {
  brokerSuite('Mosquitto', startMosquitto, {
    overlappingCopies: { 4: 1, 5: 2 },
    retainedToShared: 1, // later versions send none
    unfinishedSharedGoesTo: 'its own member',
    acknowledgementFrees: 'a whole window', // so a client cannot rely on its Receive Maximum
    takeoverReasonCode: undefined,
    refusal: { 4: 'disconnected', 5: 'disconnected' },
    acceptedFilters: ['$share//t', '$share/+/t', '$share/g', '$share/g/'],
    acceptsNoLocalOnShared: true, // later versions disconnect
  });
} else {
  test.todo('Mosquitto is not installed');
}
