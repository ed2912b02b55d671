import type { Probe } from '../probe.js';

export interface EmptyLevelFinding {
  /** Messages to `/t` come. */
  readonly leadingSlash: boolean;
  /** Messages to `t` come. */
  readonly without: boolean;
}

export const emptyLevelProbe: Probe<EmptyLevelFinding> = {
  asks: 'What does `$share/g//t` match?',
  async run(bench) {
    const member = await bench.subscriber({ filter: bench.shared(`/${bench.topic}`) });
    await bench.publish(['with'], { topic: `/${bench.topic}` });
    await bench.publish(['without']);
    await bench.until(() => member.received.length > 0, 3_000);
    await bench.quiet();
    return { leadingSlash: member.ids.includes('with'), without: member.ids.includes('without') };
  },
  tell({ leadingSlash, without }) {
    if (leadingSlash) return without ? '`/t` and `t`' : '`/t`';
    return without ? '`t`' : 'nothing';
  },
};
