import { Child } from './support/child.js';
import { type Contender, drainAll } from './support/drain-all.js';
import type { DrainResult } from './support/drain.js';
import type { Scale } from './support/part.js';
import { median, rotated } from './support/statistics.js';
import type { Table } from './support/table.js';
import type { WaitingInput } from './support/waiting.js';

const WAIT = 10;
const CONCURRENCY = 1_000;

const SUBJECTS = [
  { what: 'ServerMQTTShared', module: 'waiting.subject', flags: [] },
  {
    what: 'ServerMQTTShared, `node --max-semi-space-size=64`',
    module: 'waiting.subject',
    flags: ['--max-semi-space-size=64'],
  },
] as const;

/** What needs no broker: `work` is in microseconds of the processor's time after each wait. */
const WITHOUT_MESSAGES = [
  {
    what: "a Nest controller's method, called by nothing that brings messages",
    module: 'nest-waiting.subject',
    work: 0,
  },
  ...[0, 2, 4, 6, 8].map((work) => ({
    what: `the waits alone, and ${work} µs of work after each`,
    module: 'timers.subject',
    work,
  })),
] as const;

interface Measured {
  readonly what: string;
  readonly results: DrainResult[];
}

/** What one process can do of an ideal that is as much as it can take in at all. */
export async function waitingCeiling(scale: Scale): Promise<Table> {
  const measured = scale === 'quick' ? 25_000 : 100_000;
  const warmUp = measured / 5;
  const messages = measured + warmUp;
  const waits = { messages, warmUp, wait: WAIT, concurrency: CONCURRENCY };
  const contenders = SUBJECTS.map(({ what, module, flags }, index) => {
    const input: Omit<WaitingInput, 'url'> = { protocolVersion: 5, name: `ceiling-${index}`, qos: 1, ...waits };
    return { what, module, flags, input, results: [] as DrainResult[] } satisfies Contender & Measured;
  });
  const withoutMessages = WITHOUT_MESSAGES.map((subject) => ({ ...subject, results: [] as DrainResult[] }));
  const rounds = scale === 'quick' ? 1 : 3;
  for (let round = 0; round < rounds; round++) {
    await drainAll(rotated(contenders, round), { messages }, { inFlight: 2 * CONCURRENCY });
    for (const { module, work, results } of rotated(withoutMessages, round)) {
      results.push(await Child.ask<DrainResult>(module, { ...waits, work }));
    }
  }
  return {
    caption: `Waits of ${WAIT} ms, concurrency ${CONCURRENCY}: an ideal of 100,000/s, and what one process can do of it (MQTT 5.0)`,
    heads: ['subject', 'messages/s', 'of the ideal', 'CPU µs'],
    rows: [...contenders, ...withoutMessages].map(row),
  };
}

function row({ what, results }: Measured): string[] {
  const elapsed = median(results.map((result) => result.elapsed));
  const ofIdeal = (WAIT * 1_000) / CONCURRENCY / elapsed;
  const cpu = median(results.map((result) => result.cpu));
  return [what, (1e6 / elapsed).toFixed(0), `${(100 * ofIdeal).toFixed(1)} %`, cpu.toFixed(1)];
}
