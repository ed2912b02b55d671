import type { QoS } from '../lib/session/wire.js';
import { bars } from './report/chart.js';
import { KEEPS_QOS_0 } from './support/broker.js';
import { atMost, type Check } from './support/check.js';
import { type Contender, drainAll } from './support/drain-all.js';
import type { DrainResult } from './support/drain.js';
import { SMALL } from './support/job.js';
import type { Findings, Part, Scale } from './support/part.js';
import { median, ratios, rotated, spread } from './support/statistics.js';
import { VERSIONS } from './support/versions.js';

const SUBJECTS = [
  { subject: 'shared', what: 'ServerMQTTShared, Nest controller' },
  { subject: 'nest', what: "Nest's ServerMqtt, Nest controller" },
  { subject: 'bare', what: 'mqtt.js, JSON parsed' },
] as const;

const LARGE = 10 * 1024;

/** The first is the one that is promised; it gets more messages and rounds than the rest. */
const LOADS: readonly Load[] = [SMALL, LARGE].flatMap((bytes) => ([1, 0, 2] as const).map((qos) => ({ qos, bytes })));

/** What the CPU time of `shared` may be at QoS 1, by that of the others. */
const LIMITS = { nest: 0.5, bare: 1.4 };

interface Load {
  readonly qos: QoS;
  readonly bytes: number;
}

type Measured = Contender & Load & Pick<(typeof SUBJECTS)[number], 'subject' | 'what'> & { readonly mqtt: string };

/** CPU time for a message that has been queued. */
export const overhead: Part = {
  name: 'overhead',
  title: 'CPU and time per message: draining a backlog into an empty handler',
  async measure(scale) {
    const contenders: Measured[] = [];
    const loads = LOADS.filter(({ qos }) => qos > 0 || KEEPS_QOS_0);
    for (const load of loads) contenders.push(...(await drain(load, scale)));
    const skipped = KEEPS_QOS_0 ? [] : ['QoS 0: the embedded broker keeps nothing of it for a client that is away'];
    return { ...report(contenders), skipped };
  },
};

async function drain(load: Load, scale: Scale): Promise<Measured[]> {
  const { messages, rounds } = countsOf(load, scale);
  const contenders = VERSIONS.flatMap(({ protocolVersion, mqtt }) =>
    SUBJECTS.map(({ subject, what }): Measured => {
      const input = { protocolVersion, name: `${subject}-${mqtt}`, messages, qos: load.qos };
      return { mqtt, subject, what, ...load, module: `${subject}.subject`, input, results: [] };
    }),
  );
  for (let round = 0; round < rounds; round++) await drainAll(rotated(contenders, round), { messages, ...load });
  return contenders;
}

function countsOf(load: Load, scale: Scale): { messages: number; rounds: number } {
  const size = load.bytes === SMALL ? 1 : 1.25;
  if (scale === 'quick') return { messages: 20_000 / size, rounds: 1 };
  return load === LOADS[0] ? { messages: 100_000, rounds: 5 } : { messages: 50_000 / size, rounds: 3 };
}

function report(contenders: readonly Measured[]): Findings {
  const checks: Check[] = [];
  const rows = contenders.map((contender) => {
    const { mqtt, qos, bytes, subject, what, results, input } = contender;
    const by = Object.entries(LIMITS).map(([name, limit]) => {
      const base = contenders.find((other) => isSameLoad(other, contender) && other.subject === name);
      const ratio = ratios(results.map(cpuOf), base?.results.map(cpuOf) ?? []);
      if (subject === 'shared' && qos === 1 && bytes === SMALL) {
        checks.push(atMost(limit, `MQTT ${mqtt}, QoS 1: CPU by that of ${base?.what}`, median(ratio)));
      }
      return spread(ratio);
    });
    const rate = 1e6 / median(results.map(({ elapsed }) => elapsed));
    const cpu = median(results.map(cpuOf)).toFixed(1);
    return [
      String(bytes),
      String(qos),
      mqtt,
      what,
      cpu,
      ...by,
      rate.toFixed(0),
      `${results.length} × ${input.messages}`,
    ];
  });
  const heads = ['bytes', 'QoS', 'MQTT', 'subject', 'CPU µs', 'by ServerMqtt', 'by mqtt.js', 'messages/s', 'measured'];
  const caption = 'CPU time of the receiving process for a message, median of the rounds (least–most)';
  return { tables: [{ caption, heads, rows }], charts: [chart(contenders)], checks };
}

function chart(contenders: readonly Measured[]): ReturnType<typeof bars> {
  const groups = LOADS.map(({ qos, bytes }) => ({
    label: `QoS ${qos}, ${bytes === SMALL ? '100 B' : '10 KiB'}`,
    values: SUBJECTS.map(({ subject }) => {
      const shown = contenders.find(
        (other) => other.qos === qos && other.bytes === bytes && other.subject === subject && other.mqtt === '5.0',
      );
      return median(shown?.results.map(cpuOf) ?? []);
    }),
  }));
  const series = SUBJECTS.map(({ what }) => what);
  return bars({ name: 'overhead', title: 'CPU time per message, MQTT 5.0', unit: 'µs', series, groups });
}

function isSameLoad(a: Measured, b: Measured): boolean {
  return a.qos === b.qos && a.bytes === b.bytes && a.mqtt === b.mqtt;
}

function cpuOf({ cpu }: DrainResult): number {
  return cpu;
}
