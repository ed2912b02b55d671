import { NotApplicable } from '../probe-error.js';
import type { Probe } from '../probe.js';

const TOPIC = '$SYS/broker/version';

export const versionProbe: Probe<string> = {
  asks: `What does the broker call itself in ${TOPIC}?`,
  async run(bench) {
    const member = await bench.member();
    // Nothing on $SYS is part of MQTT: a broker may refuse it, or answer with silence.
    const code = await bench.answer(member.subscribe({ filter: TOPIC, qos: 0 }), 'SUBACK');
    if (code >= 0x80) throw new NotApplicable('it does not say');
    if (!(await bench.until(() => member.received.length > 0, 1_000))) throw new NotApplicable('it does not say');
    return (member.ids[0] ?? '').slice(0, 100).replace(/\p{Cc}/gu, ' ');
  },
  tell: (finding) => finding,
};
