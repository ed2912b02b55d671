import { DEFAULT_DEAD_LETTER_TOPIC, deadLetterTopic } from '../failure/dead-letter-topic.js';
import { DEFAULT_ATTEMPTS, type OnErrorOptions } from '../failure/on-error-options.js';
import type { MQTTSharedFailureReport, MQTTSharedHandlerReport } from '../observability/start-report.js';
import { DEFAULT_CONCURRENCY, type MQTTSharedServerOptions } from './server-options.js';
import { sessionKind } from './session-kind.js';
import type { StartRecord } from './start-record.js';
import type { Subscription } from './subscription.js';

/** One for each method and filter, in the order of registration. */
export function handlerReports(
  subscriptions: readonly Subscription[],
  options: MQTTSharedServerOptions,
  record: StartRecord,
): MQTTSharedHandlerReport[] {
  return subscriptions.flatMap(({ pattern, group, qos, handlers }) =>
    handlers.map(({ name, options: own }) => ({
      method: name,
      filter: pattern,
      group,
      connections: record.connectionsOf(pattern),
      session: sessionKind(group, options, record.limits),
      qos,
      grantedQoS: record.grantedTo(pattern),
      concurrency: concurrencyOf(options, own.concurrency),
      ack: own.ack ?? 'auto',
      failure: failureReport(group, options.onError ?? {}, own.onError ?? {}),
    })),
  );
}

function concurrencyOf({ concurrency = DEFAULT_CONCURRENCY, receiveMaximum }: MQTTSharedServerOptions, own?: number) {
  return Math.min(concurrency, receiveMaximum ?? concurrency, own ?? concurrency);
}

function failureReport(
  group: string | undefined,
  server: OnErrorOptions,
  own: OnErrorOptions,
): MQTTSharedFailureReport {
  const { attempts = server.attempts ?? DEFAULT_ATTEMPTS, then = server.then ?? 'redeliver' } = own;
  const template = own.deadLetterTopic ?? server.deadLetterTopic ?? DEFAULT_DEAD_LETTER_TOPIC;
  return {
    attempts,
    // The name of the option; a string, which makes nothing thenable.
    // oxlint-disable-next-line unicorn/no-thenable
    then: then === 'redeliver' && group === undefined ? 'ack' : then,
    deadLetterTopic: then === 'dead-letter' ? deadLetterTopic(template, group, '{topic}') : undefined,
  };
}
