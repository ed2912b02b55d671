import { type Check, limit } from './support/check.js';
import { type Contender, drainAll } from './support/drain-all.js';
import { median, ratios } from './support/statistics.js';
import { table } from './support/table.js';
import { VERSIONS } from './support/versions.js';

const SUBJECTS = [
  { subject: 'shared', what: 'ServerMQTTShared, Nest controller' },
  { subject: 'nest', what: "Nest's ServerMqtt, Nest controller" },
  { subject: 'bare', what: 'mqtt.js, JSON parsed' },
] as const;

/** What the CPU time of `shared` may be, by that of the others. */
const LIMITS = { nest: 0.6, bare: 1.8 };

type Measured = Contender & Pick<(typeof SUBJECTS)[number], 'subject' | 'what'> & { readonly mqtt: string };

/** CPU time for a message that has been queued. */
export async function overhead(messages: number, rounds: number): Promise<Check[]> {
  const contenders = VERSIONS.flatMap(({ protocolVersion, mqtt }) =>
    SUBJECTS.map(({ subject, what }): Measured => {
      const input = { protocolVersion, name: `${subject}-${mqtt}`, messages };
      return { mqtt, subject, what, module: `${subject}.subject`, input, results: [] };
    }),
  );
  for (let round = 0; round < rounds; round++) {
    const first = round % contenders.length;
    await drainAll([...contenders.slice(first), ...contenders.slice(0, first)], messages);
  }
  return report(contenders);
}

function report(contenders: readonly Measured[]): Check[] {
  const rows: string[][] = [];
  const checks: Check[] = [];
  for (const { mqtt, subject, what, results } of contenders) {
    const cpu = results.map((result) => result.cpu);
    const cells = Object.entries(LIMITS).map(([name, most]) => {
      const base = contenders.find((contender) => contender.mqtt === mqtt && contender.subject === name);
      const ratio = ratios(cpu, base?.results.map((result) => result.cpu) ?? []);
      if (subject === 'shared') checks.push(limit(`MQTT ${mqtt}: CPU by that of ${base?.what}`, median(ratio), most));
      return `${median(ratio).toFixed(2)} (${Math.min(...ratio).toFixed(2)}–${Math.max(...ratio).toFixed(2)})`;
    });
    const rate = 1e6 / median(results.map(({ elapsed }) => elapsed));
    rows.push([mqtt, what, median(cpu).toFixed(1), ...cells, rate.toFixed(0)]);
  }
  table(['MQTT', 'subject', 'CPU µs/message', 'by ServerMqtt', 'by mqtt.js', 'messages/s'], rows);
  return checks;
}
