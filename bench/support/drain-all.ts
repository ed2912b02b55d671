import { type Backlog, queue } from './backlog.js';
import { type BrokerSettings, startBroker } from './broker.js';
import { Child } from './child.js';
import type { DrainInput, DrainReport, DrainResult } from './drain.js';

export interface Contender {
  readonly module: string;
  /** Of Node. */
  readonly flags?: readonly string[];
  readonly input: Omit<DrainInput, 'url'>;
  readonly results: DrainResult[];
}

/**
 * One round. Every contender makes its session, a group of one, and is killed; the same backlog is published once, and
 * the broker queues a copy for each group; then one after another comes back to its session and drains it.
 */
export async function drainAll(
  contenders: readonly Contender[],
  backlog: Backlog,
  settings: BrokerSettings = {},
): Promise<void> {
  const broker = await startBroker(settings);
  const start = ({ module, input, flags }: Contender): Child =>
    Child.start(module, { ...input, url: broker.url }, flags);
  try {
    for (const contender of contenders) {
      const child = start(contender);
      await child.next<DrainReport>();
      await child.kill();
    }
    await queue(broker.url, backlog);
    for (const contender of contenders) {
      const child = start(contender);
      let message: DrainReport;
      do message = await child.next<DrainReport>();
      while (!('cpu' in message));
      contender.results.push(message);
      await child.end();
    }
  } finally {
    await broker.stop();
  }
}
