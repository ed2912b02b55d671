import fc from '../support/fast-check.js';

/** Few names, empty ones and `$` ones among them, so that filters and topics meet often. */
export const LEVEL_NAMES = ['', 'a', 'b', '$', '$a'] as const;

const levelName = fc.constantFrom(...LEVEL_NAMES);
const nonEmpty = (text: string): boolean => text !== '';

export const topicName = fc
  .array(levelName, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter(nonEmpty);

export const topicFilter = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: levelName }, { weight: 2, arbitrary: fc.constant('+') }), {
      maxLength: 4,
    }),
    fc.boolean(),
  )
  .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'))
  .filter(nonEmpty);
