import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';

import { brokerSuite } from './broker-suite.js';

brokerSuite(
  'The embedded broker',
  async () => {
    const broker = new EmbeddedBroker();
    await broker.listen();
    return { url: broker.url, stop: () => broker.close() };
  },
  {
    overlappingCopies: { 4: 2, 5: 2 },
    retainedToShared: 0,
    unfinishedSharedGoesTo: 'another member',
    acknowledgementFrees: 'one message',
    takeoverReasonCode: 0x8e,
    refusal: { 4: 'refused 0x80', 5: 'refused 0x8f' },
    acceptedFilters: [],
    acceptsNoLocalOnShared: false,
  },
);
