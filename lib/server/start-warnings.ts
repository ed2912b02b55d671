import type { BrokerProfile } from '../broker/profile.js';
import { DEFAULT_DEAD_LETTER_TOPIC, deadLetterTopic } from '../failure/dead-letter-topic.js';
import type { MQTTSharedHandlerReport, MQTTSharedStartWarning } from '../observability/start-report.js';
import type { ServerLimits } from '../session/wire.js';
import { filtersOverlap } from '../topic/overlap.js';
import { parseTopicFilter } from '../topic/topic-filter.js';
import { listed, methodsOf } from './concerned.js';
import { filterWarnings } from './filter-warnings.js';
import { DEFAULT_CONCURRENCY, type MQTTSharedServerOptions } from './server-options.js';
import { sessionWarnings } from './session-warnings.js';
import type { Subscription } from './subscription.js';

export interface StartFacts {
  readonly options: MQTTSharedServerOptions;
  readonly profile: BrokerProfile;
  readonly subscriptions: readonly Subscription[];
  readonly handlers: readonly MQTTSharedHandlerReport[];
  readonly limits: ServerLimits | undefined;
  /** Whether anything in this process listens for SIGTERM. */
  readonly hasShutdownHooks: boolean;
}

type Warning = MQTTSharedStartWarning | undefined;

/** What a server says once at start, because it costs messages or does not do what it looks like. */
export function startWarnings(facts: StartFacts): MQTTSharedStartWarning[] {
  if (facts.subscriptions.length === 0) return [NOTHING_TO_DO];
  return [
    atMostOnce(facts),
    ...sessionWarnings(facts),
    unreadDeadLetters(facts),
    noShutdownHooks(facts),
    smallWindow(facts),
    ...filterWarnings(facts),
    batches(facts),
  ].filter((warning) => warning !== undefined);
}

const NOTHING_TO_DO: MQTTSharedStartWarning = {
  code: 'NO_HANDLERS',
  methods: [],
  message:
    'No method with @SharedPattern, @EventPattern or @MessagePattern is registered here: nothing to do. ' +
    'Methods that name another transport in the decorator (Transport.MQTT) are registered with that one only.',
};

function atMostOnce({ handlers }: StartFacts): Warning {
  const lossy = handlers.filter(({ grantedQoS, qos }) => (grantedQoS ?? qos) === 0);
  if (lossy.length === 0) return undefined;
  const asked = lossy.some(({ qos }) => qos === 0) ? ' Set `qos: 1`.' : '';
  const denied = lossy.filter(({ qos }) => qos > 0);
  const limit =
    denied.length === 0 ? '' : ` The broker granted no more to ${listed(methodsOf(denied))}: raise its Maximum QoS.`;
  return {
    code: 'QOS_0',
    methods: methodsOf(lossy),
    message: `At QoS 0 a message that fails, or whose worker dies, is lost: ${listed(methodsOf(lossy))}.${asked}${limit}`,
  };
}

function unreadDeadLetters({ options, subscriptions, handlers }: StartFacts): Warning {
  if (options.onError?.deadLetterTopic !== undefined) return undefined;
  const own = new Set(
    subscriptions.filter((subscription) => deadLetterTopicOf(subscription) !== undefined).map(({ pattern }) => pattern),
  );
  const affected = handlers.filter(
    ({ filter, group, failure }) =>
      failure.then === 'dead-letter' && !own.has(filter) && !isReadHere(group, subscriptions),
  );
  if (affected.length === 0) return undefined;
  const topics = [...new Set(affected.map(({ failure }) => `"${failure.deadLetterTopic}"`))].join(', ');
  return {
    code: 'DEFAULT_DEAD_LETTER_TOPIC',
    methods: methodsOf(affected),
    message:
      `What fails for good in ${listed(methodsOf(affected))} goes to the default topic, ${topics}, and is acknowledged: it is lost ` +
      'if nobody is subscribed there. Set `onError.deadLetterTopic` to a topic that somebody reads; where that is the default, set that.',
  };
}

/** Whether a method of this server is for what a group sends to the default topic. */
function isReadHere(group: string | undefined, subscriptions: readonly Subscription[]): boolean {
  const all = deadLetterTopic(DEFAULT_DEAD_LETTER_TOPIC, group, '#');
  const deadLetters = parseTopicFilter(all, { namedLevels: false });
  return subscriptions.some(({ filter }) => filtersOverlap(filter, deadLetters));
}

/** All handlers of a subscription have the same. */
function deadLetterTopicOf({ handlers }: Subscription): string | undefined {
  return handlers[0]?.options.onError?.deadLetterTopic;
}

function noShutdownHooks({ hasShutdownHooks, handlers }: StartFacts): Warning {
  if (hasShutdownHooks) return undefined;
  return {
    code: 'NO_SHUTDOWN_HOOKS',
    methods: methodsOf(handlers),
    message:
      'Nobody listens for SIGTERM: it ends this process at once, with what runs unfinished and its sessions left behind. ' +
      'Call `app.enableShutdownHooks()` before `listen()` or `startAllMicroservices()`.',
  };
}

function smallWindow({ options, handlers }: StartFacts): Warning {
  const { concurrency = DEFAULT_CONCURRENCY, receiveMaximum } = options;
  if (receiveMaximum === undefined || receiveMaximum >= concurrency) return undefined;
  return {
    code: 'SMALL_WINDOW',
    methods: methodsOf(handlers),
    message:
      `No more than \`receiveMaximum\` (${receiveMaximum}) messages run at once on a connection, ` +
      `whatever \`concurrency\` (${concurrency}) says.`,
  };
}

function batches({ options, profile, handlers }: StartFacts): Warning {
  if (!profile.deliversInBatches || options.connections !== undefined) return undefined;
  const shared = handlers.filter(({ group }) => group !== undefined);
  if (shared.length === 0) return undefined;
  return {
    code: 'BATCHES_ON_ONE_CONNECTION',
    methods: methodsOf(shared),
    message:
      `${profile.name} gives a connection a batch of messages, and the next one only when all of it is acknowledged, so ` +
      'that one slow message holds up the rest. Where some take much longer than others, set `connections` to 4 or so, ' +
      'and a `timeout`; `connections: 1` says that this is as it should be.',
  };
}
