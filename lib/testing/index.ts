export { MQTTSharedError } from '../errors/mqtt-shared.error.js';
export { UnknownClientError } from '../errors/unknown-client.error.js';
export type { BrokerEventMap, BrokerListener, DropReason } from './broker-events.js';
export type { ClientCredentials, EmbeddedBrokerOptions } from './broker-options.js';
export type { ClientSnapshot } from './client-snapshot.js';
export { EmbeddedBroker } from './embedded-broker.js';
export type { FilterPredicate, PacketPredicate, Release } from './faults.js';
export type { MessageProperties, Packet, ProtocolVersion, QoS } from './packets.js';
