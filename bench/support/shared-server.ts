import { ServerMQTTShared } from '../../lib/index.js';
import type { MQTTSharedServerOptions } from '../../lib/server/server-options.js';
import type { DrainInput } from './drain.js';
import { CONCURRENCY } from './settings.js';

/** As it comes, but for `concurrency` and what a part of the benchmark is about. */
export function sharedServer(input: DrainInput, options: MQTTSharedServerOptions = {}): ServerMQTTShared {
  const { url, protocolVersion, name, qos } = input;
  return new ServerMQTTShared({
    url,
    protocolVersion,
    clientId: name,
    group: name,
    qos,
    concurrency: CONCURRENCY,
    startReport: 'off',
    ...options,
  });
}
