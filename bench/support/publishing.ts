import type { ProtocolVersion } from '../../lib/session/wire.js';
import { childInput, tellParent } from './child.js';
import { type Job, payloadOf } from './job.js';

/** What a subject is to publish. */
export interface PublishInput {
  readonly url: string;
  readonly protocolVersion: ProtocolVersion;
  readonly messages: number;
}

export interface PublishResult {
  /** Microseconds of user and system time for each message. */
  readonly cpu: number;
  /** Microseconds on the clock for each message. */
  readonly elapsed: number;
}

/** Messages that are published and not confirmed at any time, the same for every subject. */
export const UNDER_WAY = 100;

/** Before what is measured, so that the code is optimised and the connection is up. */
const WARM_UP = 5_000;

export const publishInput = childInput<PublishInput>;

/** Publishes with `publish`, which resolves when the broker has confirmed, and tells the parent what it cost. */
export async function measurePublishing(messages: number, publish: (job: Job) => Promise<unknown>): Promise<void> {
  const jobs = Array.from({ length: UNDER_WAY }, (_, id) => JSON.parse(payloadOf(id)) as Job);
  const all = async (count: number): Promise<void> => {
    let left = count;
    const lane = async (_: unknown, index: number): Promise<void> => {
      const { padding } = jobs[index] as Job;
      while (left > 0) await publish({ id: left--, padding });
    };
    await Promise.all(jobs.map(lane));
  };
  await all(WARM_UP);
  const begin = performance.now();
  const start = process.cpuUsage();
  await all(messages);
  const { user, system } = process.cpuUsage(start);
  const elapsed = ((performance.now() - begin) * 1_000) / messages;
  tellParent({ cpu: (user + system) / messages, elapsed } satisfies PublishResult);
}
