import { lines } from './report/chart.js';
import { atLeast, type Check } from './support/check.js';
import { Child } from './support/child.js';
import { type Contender, drainAll } from './support/drain-all.js';
import type { DrainResult } from './support/drain.js';
import type { Findings, Part, Scale } from './support/part.js';
import { median, ratios, spread } from './support/statistics.js';
import type { Table } from './support/table.js';
import { VERSIONS } from './support/versions.js';
import type { WaitingInput } from './support/waiting.js';
import { waitingCeiling } from './waiting-ceiling.js';

const WAITS = [1, 10, 100] as const;
const CONCURRENCIES = [1, 10, 100, 1_000] as const;

const MOST_MESSAGES = 100_000;

/** By what is measured, and before it: a process that has just started handles its first messages with code that is not yet optimised. */
const WARM_UP = 0.2;

/** For handlers of 10 ms: what must be reached of `concurrency / wait`. */
const JUDGED_WAIT = 10;
const LEAST = { few: 0.95, many: 0.9 };

interface Measured {
  readonly wait: number;
  readonly concurrency: number;
  readonly mqtt: string;
  readonly contender: Contender;
  /** The same waits without transport. */
  readonly timers: DrainResult[];
}

/** Handlers that wait: how near the server comes to what its concurrency allows. */
export const waiting: Part = {
  name: 'waiting',
  title: 'Handlers that wait: throughput by the ideal, concurrency / wait',
  async measure(scale) {
    const measured: Measured[] = [];
    for (const wait of WAITS) {
      for (const concurrency of CONCURRENCIES) measured.push(...(await drain(wait, concurrency, scale)));
    }
    return report(measured, await waitingCeiling(scale));
  },
};

async function drain(wait: number, concurrency: number, scale: Scale): Promise<Measured[]> {
  const seconds = scale === 'quick' ? 1 : 5;
  const rounds = scale === 'quick' ? 1 : 3;
  const ideal = (concurrency * 1_000) / wait;
  // Whole waves, so that the last one has all its handlers.
  const waves = Math.ceil(
    Math.min(ideal * seconds, scale === 'quick' ? MOST_MESSAGES / 4 : MOST_MESSAGES) / concurrency,
  );
  const warmUp = Math.ceil(waves * WARM_UP) * concurrency;
  const messages = waves * concurrency + warmUp;
  const timers: DrainResult[] = [];
  const measured = VERSIONS.map(({ protocolVersion, mqtt }): Measured => {
    const name = `waiting-${mqtt}`;
    const input: Omit<WaitingInput, 'url'> = { protocolVersion, name, messages, warmUp, qos: 1, wait, concurrency };
    return { wait, concurrency, mqtt, contender: { module: 'waiting.subject', input, results: [] }, timers };
  });
  for (let round = 0; round < rounds; round++) {
    timers.push(await Child.ask<DrainResult>('timers.subject', { messages, warmUp, wait, concurrency }));
    await drainAll(
      measured.map(({ contender }) => contender),
      { messages },
      { inFlight: 2 * concurrency },
    );
  }
  return measured;
}

function report(measured: readonly Measured[], ceiling: Table): Findings {
  const checks: Check[] = [];
  const rows = measured.map(({ wait, concurrency, mqtt, contender, timers }) => {
    const share = ofIdeal(wait, concurrency, contender.results);
    const ofTimers = ratios(timers.map(elapsedOf), contender.results.map(elapsedOf));
    if (wait === JUDGED_WAIT) {
      const least = concurrency > 100 ? LEAST.many : LEAST.few;
      checks.push(atLeast(least, `MQTT ${mqtt}: of the ideal, ${wait} ms, concurrency ${concurrency}`, share));
    }
    const rate = 1e6 / median(contender.results.map(elapsedOf));
    return [
      `${wait} ms`,
      String(concurrency),
      mqtt,
      ((concurrency * 1_000) / wait).toFixed(0),
      rate.toFixed(0),
      percent(share),
      percent(ofIdeal(wait, concurrency, timers)),
      spread(ofTimers),
      `${contender.results.length} × ${contender.input.messages - (contender.input.warmUp ?? 0)}`,
    ];
  });
  const heads = [
    'wait',
    'concurrency',
    'MQTT',
    'ideal/s',
    'messages/s',
    'of the ideal',
    'the waits alone',
    'by these',
    'measured',
  ];
  const caption = 'Throughput of handlers that wait; `the waits alone` is what Node does without any messages';
  return { tables: [{ caption, heads, rows }, ceiling], charts: [chart(measured)], checks };
}

function chart(measured: readonly Measured[]): ReturnType<typeof lines> {
  const shown = measured.filter(({ mqtt }) => mqtt === '5.0');
  const series = WAITS.map((wait) => ({
    label: `${wait} ms`,
    points: shown
      .filter((one) => one.wait === wait)
      .map(({ concurrency, contender }) => [concurrency, 100 * ofIdeal(wait, concurrency, contender.results)] as const),
  }));
  const axes = { x: 'concurrency', y: '% of concurrency / wait' };
  return lines({ name: 'waiting', title: 'Handlers that wait, MQTT 5.0', axes, series, from: 0 });
}

function ofIdeal(wait: number, concurrency: number, results: readonly DrainResult[]): number {
  return (wait * 1_000) / concurrency / median(results.map(elapsedOf));
}

function elapsedOf({ elapsed }: DrainResult): number {
  return elapsed;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
