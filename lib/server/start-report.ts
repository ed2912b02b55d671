import type { BrokerProfile } from '../broker/profile.js';
import type { MQTTSharedStartReport } from '../observability/start-report.js';
import { handlerReports } from './handler-reports.js';
import type { MQTTSharedServerOptions } from './server-options.js';
import type { StartRecord } from './start-record.js';
import { startWarnings } from './start-warnings.js';
import type { Subscription } from './subscription.js';

/** What a server has come to that has just started. */
export function startReport(
  address: string,
  profile: BrokerProfile,
  options: MQTTSharedServerOptions,
  subscriptions: readonly Subscription[],
  record: StartRecord,
): MQTTSharedStartReport {
  const { limits } = record;
  const handlers = handlerReports(subscriptions, options, record);
  // Nest listens for the signals that shutdown hooks are enabled for.
  const hasShutdownHooks = process.listenerCount('SIGTERM') > 0;
  return {
    address,
    broker: profile.name,
    protocolVersion: options.protocolVersion ?? 5,
    limits,
    handlers,
    warnings: startWarnings({ options, profile, subscriptions, handlers, limits, hasShutdownHooks }),
  };
}
