import { startBroker } from './support/broker.js';
import { type Check, limit } from './support/check.js';
import { Child } from './support/child.js';
import type { PublishResult } from './support/publishing.js';
import { median, ratios } from './support/statistics.js';
import { table } from './support/table.js';
import { VERSIONS } from './support/versions.js';

const SUBJECTS = [
  { subject: 'shared', what: 'ClientMQTTShared.emit' },
  { subject: 'nest', what: "Nest's ClientMqtt.emit" },
  { subject: 'bare', what: 'mqtt.js publishAsync' },
] as const;

/** What the CPU time of `shared` may be, by that of bare mqtt.js. */
const MOST = 1.3;

/** CPU time for a message that is published and confirmed. */
export async function publishing(messages: number, rounds: number): Promise<Check[]> {
  const contenders = VERSIONS.flatMap(({ protocolVersion, mqtt }) =>
    SUBJECTS.map((subject) => ({ ...subject, mqtt, protocolVersion, cpu: [] as number[] })),
  );
  const broker = await startBroker();
  try {
    for (let round = 0; round < rounds; round++) {
      const first = round % contenders.length;
      for (const { subject, protocolVersion, cpu } of [...contenders.slice(first), ...contenders.slice(0, first)]) {
        const input = { url: broker.url, protocolVersion, messages };
        cpu.push((await Child.ask<PublishResult>(`publish-${subject}.subject`, input)).cpu);
      }
    }
  } finally {
    await broker.stop();
  }
  const rows: string[][] = [];
  const checks: Check[] = [];
  for (const { mqtt, subject, what, cpu } of contenders) {
    const base = contenders.find((other) => other.mqtt === mqtt && other.subject === 'bare')?.cpu ?? [];
    const ratio = ratios(cpu, base);
    if (subject === 'shared')
      checks.push(limit(`MQTT ${mqtt}: CPU of emit by that of publishAsync`, median(ratio), MOST));
    const spread = `(${Math.min(...ratio).toFixed(2)}–${Math.max(...ratio).toFixed(2)})`;
    rows.push([mqtt, what, median(cpu).toFixed(1), `${median(ratio).toFixed(2)} ${spread}`]);
  }
  table(['MQTT', 'subject', 'CPU µs/message', 'by mqtt.js'], rows);
  return checks;
}
