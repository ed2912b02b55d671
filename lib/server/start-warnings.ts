import { DEFAULT_CONCURRENCY, type MQTTSharedServerOptions } from './server-options.js';
import type { Subscription } from './subscription.js';

/** What a server says once at start, because it costs messages or does not do what it looks like. */
export function startWarnings(options: MQTTSharedServerOptions, subscriptions: readonly Subscription[]): string[] {
  return [
    nothingToDo(subscriptions),
    smallWindow(options),
    cleanSessions(options, subscriptions),
    strippedSlashes(subscriptions),
    atMostOnce(subscriptions),
  ].filter((warning) => warning !== undefined);
}

function nothingToDo(subscriptions: readonly Subscription[]): string | undefined {
  if (subscriptions.length > 0) return undefined;
  return (
    'No method with @SharedPattern, @EventPattern or @MessagePattern is registered here: nothing to do. ' +
    'Methods that name another transport in the decorator (Transport.MQTT) are registered with that one only.'
  );
}

function smallWindow({ concurrency = DEFAULT_CONCURRENCY, receiveMaximum }: MQTTSharedServerOptions) {
  if (receiveMaximum === undefined || receiveMaximum >= concurrency) return undefined;
  return `No more than \`receiveMaximum\` (${receiveMaximum}) messages run at once on a connection.`;
}

function cleanSessions(
  { adoption, clientId }: MQTTSharedServerOptions,
  subscriptions: readonly Subscription[],
): string | undefined {
  if (adoption !== false || clientId !== undefined) return undefined;
  if (subscriptions.every(({ group }) => group === undefined)) return undefined;
  return (
    'Without `adoption` and without a `clientId` sessions are clean: what a worker holds when it dies is lost on ' +
    'brokers that give it to nobody else (Mosquitto, NanoMQ).'
  );
}

function strippedSlashes(subscriptions: readonly Subscription[]): string | undefined {
  const stripped = subscriptions.flatMap(({ handlers }) => handlers).filter(({ wasStripped }) => wasStripped);
  if (stripped.length === 0) return undefined;
  const names = stripped.map(({ name, filter }) => `"${filter.text}" of ${name}`).join(', ');
  return (
    `Filters lost their leading slash: ${names}. ClientMQTTShared takes it from topics, too; if your publishers ` +
    "keep it, set `leadingSlash: 'keep'`."
  );
}

function atMostOnce(subscriptions: readonly Subscription[]): string | undefined {
  const patterns = subscriptions.filter(({ qos }) => qos === 0).map(({ pattern }) => pattern);
  if (patterns.length === 0) return undefined;
  return `At QoS 0 a message that fails, or whose worker dies, is lost: ${patterns.join(', ')}.`;
}
