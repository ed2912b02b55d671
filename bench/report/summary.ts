import type { Check } from '../support/check.js';
import type { Result } from './results.js';

/** The sentence of README.md: what a message costs, from the lowest to the highest of what is promised. */
export function summary({ machine, broker, checks }: Result): string {
  const by = (name: string): string => range(checks.filter(({ what }) => what.includes(name)));
  const where = `${machine.cores} cores, Node ${machine.node.slice(1)} and ${broker.split(' (')[0]}`;
  return `On a machine with ${where}, a message of 100 bytes at QoS 1 costs ${by('ServerMqtt')} times the CPU of Nest's own \`ServerMqtt\`, and ${by('mqtt.js')} times that of a bare mqtt.js subscriber.`;
}

function range(checks: readonly Check[]): string {
  const values = checks.map(({ value }) => value.toFixed(2)).toSorted();
  return values[0] === values.at(-1) ? (values[0] ?? '') : `${values[0]} to ${values.at(-1)}`;
}
