import { type Contender, drainAll } from './support/drain-all.js';
import type { DrainResult } from './support/drain.js';
import type { Scale } from './support/part.js';
import { median, ratios, rotated, spread } from './support/statistics.js';
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
  {
    what: 'mqtt.js alone, any number at once, acknowledged before the wait',
    module: 'bare-waiting.subject',
    flags: [],
  },
] as const;

/** What one process can take in at all, where the ideal is more than that. */
export async function waitingCeiling(scale: Scale): Promise<Table> {
  const measured = scale === 'quick' ? 25_000 : 100_000;
  const warmUp = measured / 5;
  const messages = measured + warmUp;
  const contenders = SUBJECTS.map(({ what, module, flags }, index) => {
    const input: Omit<WaitingInput, 'url'> = {
      protocolVersion: 5,
      name: `ceiling-${index}`,
      messages,
      warmUp,
      qos: 1,
      wait: WAIT,
      concurrency: CONCURRENCY,
    };
    return { what, module, flags, input, results: [] as DrainResult[] } satisfies Contender & { what: string };
  });
  const rounds = scale === 'quick' ? 1 : 3;
  for (let round = 0; round < rounds; round++) {
    await drainAll(rotated(contenders, round), { messages }, { inFlight: 2 * CONCURRENCY });
  }
  const alone = contenders.at(-1)?.results ?? [];
  const rows = contenders.map(({ what, results }) => [
    what,
    (1e6 / median(results.map(elapsedOf))).toFixed(0),
    median(results.map(({ cpu }) => cpu)).toFixed(1),
    spread(ratios(alone.map(elapsedOf), results.map(elapsedOf))),
  ]);
  return {
    caption: `Waits of ${WAIT} ms, concurrency ${CONCURRENCY}: an ideal of 100,000/s, and what one process can do of it (MQTT 5.0)`,
    heads: ['subject', 'messages/s', 'CPU µs', 'by mqtt.js alone'],
    rows,
  };
}

function elapsedOf({ elapsed }: DrainResult): number {
  return elapsed;
}
