export { MQTT_SHARED } from './decorators/shared-pattern.metadata.js';
export { SharedPattern } from './decorators/shared-pattern.decorator.js';
export type { SharedPatternOptions } from './decorators/shared-pattern-options.js';
export { TopicParam } from './decorators/topic-param.decorator.js';
export { MQTTSharedContext } from './context/mqtt-shared.context.js';
export { ServerMQTTShared } from './server/server-mqtt-shared.js';
export type { MQTTSharedServerOptions } from './server/server-options.js';
