import { NotApplicable } from '../probe-error.js';
import type { Probe } from '../probe.js';

/** What CONNACK announces, by the names of the specification; what is absent is not limited. */
export type LimitsFinding = Readonly<Record<string, string | number | boolean>>;

export const limitsProbe: Probe<LimitsFinding> = {
  asks: 'What does CONNACK announce?',
  versions: [5],
  async run(bench) {
    const { announced } = await bench.member();
    const entries = Object.entries(announced).filter(
      (entry): entry is [string, string | number | boolean] =>
        ['string', 'number', 'boolean'].includes(typeof entry[1]) && entry[0] !== 'assignedClientIdentifier',
    );
    if (entries.length === 0) throw new NotApplicable('it announces no limits');
    return Object.fromEntries(entries);
  },
  tell: (finding) =>
    Object.entries(finding)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
};
