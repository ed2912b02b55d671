import type { BrokerProfile } from './profile.js';

/** Brokers whose names stand for a profile. @publicApi */
export type KnownBroker = 'mosquitto' | 'hivemq' | 'artemis' | 'nanomq';

const NO_PUBLISH_LIMIT = 65_535;

/** As measured with `npx nestjs-mqtt-shared doctor`, see docs/brokers.md. */
export const KNOWN_BROKERS: Readonly<Record<KnownBroker, BrokerProfile>> = {
  mosquitto: {
    name: 'Eclipse Mosquitto',
    handsOver: { clean: false, persistent: false },
    offlineMembersTakeShare: true,
    unsubscribeRedelivers: false,
    resubscribeRedelivers: false,
    receiveMaximum: 'kept',
    deliversInBatches: false,
    resendsOnLiveConnection: false,
    resumptionPause: 0,
    willsOfSessions: true,
    retainedReachesWildcards: true,
    marksRedelivery: true,
    acknowledgeInAnyOrder: true,
    maximumQoS: 2,
    publishWindow: 20,
  },
  hivemq: {
    name: 'HiveMQ CE',
    handsOver: { clean: true, persistent: true },
    offlineMembersTakeShare: false,
    unsubscribeRedelivers: false,
    resubscribeRedelivers: false,
    receiveMaximum: 'kept',
    deliversInBatches: true,
    resendsOnLiveConnection: false,
    resumptionPause: 0,
    willsOfSessions: true,
    retainedReachesWildcards: true,
    marksRedelivery: false,
    acknowledgeInAnyOrder: true,
    maximumQoS: 1,
    publishWindow: 10,
  },
  artemis: {
    name: 'ActiveMQ Artemis',
    handsOver: { clean: true, persistent: true },
    offlineMembersTakeShare: false,
    unsubscribeRedelivers: true,
    resubscribeRedelivers: true, // up to 2.44 at least, and not 2.56
    receiveMaximum: 'kept',
    deliversInBatches: false,
    resendsOnLiveConnection: false,
    resumptionPause: 0,
    willsOfSessions: false, // on 5.0
    retainedReachesWildcards: false,
    marksRedelivery: false,
    acknowledgeInAnyOrder: true,
    maximumQoS: 2,
    publishWindow: NO_PUBLISH_LIMIT,
  },
  nanomq: {
    name: 'NanoMQ',
    handsOver: { clean: false, persistent: false },
    offlineMembersTakeShare: true,
    unsubscribeRedelivers: false,
    resubscribeRedelivers: false,
    receiveMaximum: 'drops',
    deliversInBatches: false,
    resendsOnLiveConnection: true,
    resumptionPause: 25_000,
    willsOfSessions: false,
    retainedReachesWildcards: true,
    marksRedelivery: true,
    acknowledgeInAnyOrder: true,
    maximumQoS: 2,
    publishWindow: NO_PUBLISH_LIMIT,
  },
};

/** The one of `nestjs-mqtt-shared/testing`, unless it imitates another. */
export const EMBEDDED_BROKER: BrokerProfile = { ...KNOWN_BROKERS.mosquitto, name: 'embedded broker' };

/** Nothing is known of it, so that nothing is left to it that another worker may not get. */
export const UNKNOWN_BROKER: BrokerProfile = {
  ...KNOWN_BROKERS.mosquitto,
  name: 'broker not recognised',
  willsOfSessions: false,
};
