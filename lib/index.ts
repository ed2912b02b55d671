export { ClientMQTTShared } from './client/client-mqtt-shared.js';
export type { ClientMQTTSharedEvents, ClientMQTTSharedStatus } from './client/client-events.js';
export type { ClientMQTTSharedOptions } from './client/client-options.js';
export { MQTTSharedContext } from './context/mqtt-shared.context.js';
export { SharedPattern } from './decorators/shared-pattern.decorator.js';
export { MQTT_SHARED } from './decorators/shared-pattern.metadata.js';
export type { SharedPatternOptions } from './decorators/shared-pattern-options.js';
export { TopicParam } from './decorators/topic-param.decorator.js';
export { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
export { IDEMPOTENCY_OPTIONS } from './idempotency/idempotency-options.js';
export type { IdempotencyOptions, MessageId, MessageIdSource } from './idempotency/idempotency-options.js';
export type { IdempotencyStore } from './idempotency/idempotency-store.js';
export { MQTTSharedModule } from './module/mqtt-shared.module.js';
export type {
  MQTTSharedModuleAsyncOptions,
  MQTTSharedModuleExtras,
  MQTTSharedModuleOptions,
  MQTTSharedOptionsFactory,
} from './module/module-options.js';
export { ServerMQTTShared } from './server/server-mqtt-shared.js';
export type { MQTTSharedServerEvents, MQTTSharedStatus } from './server/server-events.js';
export type { MQTTSharedServerOptions } from './server/server-options.js';
export type { MQTTSharedGroupStats, MQTTSharedStats } from './server/server-stats.js';

export type { BackoffOptions } from './backoff.js';
export type { BrokerOption } from './broker/broker-option.js';
export type { KnownBroker } from './broker/known-brokers.js';
export type { BrokerProfile } from './broker/profile.js';
export type { AckOrder } from './delivery/ack-queue.js';
export type { OrderBy, OrderByMessage } from './delivery/order-by.js';
export { DeadLetterMessage, RejectMessage, RetryMessage } from './failure/verdicts.js';
export type { OnErrorOptions } from './failure/on-error-options.js';
export type { MessageInfo, MQTTSharedEvent, MQTTSharedEventOf, MQTTSharedEventType } from './observability/events.js';
export type {
  MQTTSharedFailureReport,
  MQTTSharedHandlerReport,
  MQTTSharedStartReport,
  MQTTSharedStartWarning,
  StartReportMode,
} from './observability/start-report.js';
export type { Codec, CustomCodec, PayloadInfo } from './payload/codec.js';
export { REPLY_TOPIC_PREFIX } from './reply/reply-protocol.js';
export type { ConnectionOptions } from './session/connection-options.js';
export type { UserProperties } from './session/user-properties.js';
export type { ProtocolVersion, PublishProperties, QoS, ServerLimits, TlsOptions } from './session/wire.js';

export * from './errors/index.js';
