import type { Fault } from '../errors/invalid-value.js';

/** The length of a UTF-8 Encoded String is a Two Byte Integer, section 1.5.4. */
const LONGEST = 65_535;
const MOST_BYTES_PER_CODE_UNIT = 3;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The rule that a value breaks as a Topic Name, Topic Filter or Share Name, whatever its characters mean.
 * Takes anything, because what should be a string often comes from configuration.
 */
export function characterFault(value: unknown): Fault | undefined {
  if (typeof value !== 'string') {
    return { rule: 'it is not a string', fix: 'Give a string; is a setting or an environment variable missing?' };
  }
  if (value === '') {
    return {
      rule: 'it has no character [MQTT-4.7.3-1]',
      fix: "Give at least one character. If it was slashes only, they were stripped: leadingSlash: 'keep' keeps them.",
    };
  }
  if (value.includes('\0')) {
    return { rule: 'it contains U+0000 [MQTT-4.7.3-2]', fix: 'Remove the null character.' };
  }
  if (LONE_SURROGATE.test(value)) {
    return {
      rule: 'it contains half of a surrogate pair, which UTF-8 cannot encode [MQTT-1.5.4-1]',
      fix: 'Remove it; was the text cut in the middle of a character?',
    };
  }
  return undefined;
}

export function lengthFault(text: string): Fault | undefined {
  if (text.length * MOST_BYTES_PER_CODE_UNIT <= LONGEST) {
    return undefined;
  }
  const bytes = Buffer.byteLength(text);
  if (bytes <= LONGEST) {
    return undefined;
  }
  return {
    rule: `it takes ${bytes} bytes of the ${LONGEST} that are possible [MQTT-4.7.3-3]`,
    fix: 'Make it shorter.',
  };
}
