import type { Fault } from '../errors/invalid-value.js';

const NAMED_WILDCARD = /^([+#])([A-Za-z_][A-Za-z0-9_]*)$/;

export interface FilterLevel {
  /** As it goes over the wire. */
  readonly level: string;
  readonly name?: string;
}

export function parseFilterLevel(written: string, namedLevels: boolean): FilterLevel {
  const [, wildcard, name] = (namedLevels && NAMED_WILDCARD.exec(written)) || [];
  return wildcard === undefined ? { level: written } : { level: wildcard, name };
}

export function wildcardFault(levels: readonly string[], namedLevels: boolean): Fault | undefined {
  for (const [index, level] of levels.entries()) {
    if (level === '#' && index < levels.length - 1) {
      return {
        rule: '"#" is not its last level [MQTT-4.7.1-1]',
        fix: 'End the filter with "#", or use "+" for one level.',
      };
    }
    if (level.length > 1 && /[+#]/.test(level)) {
      return {
        rule: `a wildcard is not alone in its level ${JSON.stringify(level.slice(0, 40))} [${level.includes('#') ? 'MQTT-4.7.1-1' : 'MQTT-4.7.1-2'}]`,
        fix: namedLevels
          ? 'Give "+" or "#" a level of its own; a name after it has letters, digits and "_" only, and no digit first.'
          : 'Give "+" or "#" a level of its own.',
      };
    }
  }
  return undefined;
}

export function nameFault(names: readonly string[]): Fault | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      return { rule: `two of its levels have the name "${name}"`, fix: 'Give each named level a name of its own.' };
    }
    seen.add(name);
  }
  return undefined;
}
