import { startBroker } from './support/broker.js';
import { atMost, type Check } from './support/check.js';
import { Child } from './support/child.js';
import type { Part } from './support/part.js';
import { type PublishResult, UNDER_WAY } from './support/publishing.js';
import { median, ratios, rotated, spread } from './support/statistics.js';
import { VERSIONS } from './support/versions.js';

const SUBJECTS = [
  { subject: 'shared', what: 'ClientMQTTShared.emit' },
  { subject: 'nest', what: "Nest's ClientMqtt.emit" },
  { subject: 'bare', what: 'mqtt.js publishAsync' },
] as const;

/** What the CPU time of `shared` may be, by that of bare mqtt.js. */
const MOST = 1.3;

/** CPU time for a message that is published and confirmed. */
export const publishing: Part = {
  name: 'publishing',
  title: 'Publishing: from emit to the confirmation of the broker',
  async measure(scale) {
    const { messages, rounds } = scale === 'quick' ? { messages: 30_000, rounds: 1 } : { messages: 100_000, rounds: 5 };
    const contenders = VERSIONS.flatMap(({ protocolVersion, mqtt }) =>
      SUBJECTS.map((subject) => ({ ...subject, mqtt, protocolVersion, results: [] as PublishResult[] })),
    );
    const broker = await startBroker();
    try {
      for (let round = 0; round < rounds; round++) {
        for (const { subject, protocolVersion, results } of rotated(contenders, round)) {
          const input = { url: broker.url, protocolVersion, messages };
          results.push(await Child.ask<PublishResult>(`publish-${subject}.subject`, input));
        }
      }
    } finally {
      await broker.stop();
    }
    const checks: Check[] = [];
    const rows = contenders.map(({ mqtt, subject, what, results }) => {
      const base = contenders.find((other) => other.mqtt === mqtt && other.subject === 'bare')?.results ?? [];
      const ratio = ratios(results.map(cpuOf), base.map(cpuOf));
      if (subject === 'shared') {
        checks.push(atMost(MOST, `MQTT ${mqtt}: CPU of emit by that of publishAsync`, median(ratio)));
      }
      const rate = 1e6 / median(results.map(({ elapsed }) => elapsed));
      return [mqtt, what, median(results.map(cpuOf)).toFixed(1), spread(ratio), rate.toFixed(0)];
    });
    const caption = `${messages} messages of 100 bytes, QoS 1, ${UNDER_WAY} under way, median of ${rounds} (least–most)`;
    const heads = ['MQTT', 'subject', 'CPU µs', 'by mqtt.js', 'confirmed/s'];
    return { tables: [{ caption, heads, rows }], charts: [], checks };
  },
};

function cpuOf({ cpu }: PublishResult): number {
  return cpu;
}
