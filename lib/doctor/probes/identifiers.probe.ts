import { ProbeError } from '../probe-error.js';
import type { Probe } from '../probe.js';

export interface IdentifiersFinding {
  readonly present: boolean;
}

const IDENTIFIER = 7;

export const identifiersProbe: Probe<IdentifiersFinding> = {
  asks: 'Do shared deliveries carry their Subscription Identifier?',
  versions: [5],
  async run(bench) {
    const member = await bench.member();
    await bench.subscribe(member, { filter: bench.shared(), qos: 1, subscriptionIdentifier: IDENTIFIER });
    await bench.publish(['m1']);
    if (!(await bench.until(() => member.received.length > 0, 3_000))) throw new ProbeError('no message came');
    const identifiers = [member.received[0]?.properties?.subscriptionIdentifier].flat();
    return { present: identifiers.includes(IDENTIFIER) };
  },
  tell: ({ present }) => (present ? 'yes' : 'no'),
};
