import { InvalidOptionError } from './errors/invalid-option.error.js';
import { nearestName } from './nearest-name.js';

/** All names of the options of a type; the compiler knows when one is missing. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/**
 * An option whose name is mistyped would have no effect and not say why; types do not see what comes from JavaScript or
 * from a configuration.
 *
 * `within`: the name of the option that `options` are, where they are no option by themselves.
 *
 * @throws InvalidOptionError
 */
export function refuseUnknownNames(options: object, names: OptionNames<object>, within?: string): void {
  if (typeof options !== 'object' || options === null) {
    // Not what it is instead: it may be a URL with a password.
    throw new InvalidOptionError(within ?? 'options', 'it is no object', 'Give an object of options.');
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (unknown === undefined) return;
  const prefix = within === undefined ? '' : `${within}.`;
  const known = Object.keys(names);
  const nearest = nearestName(unknown, known);
  const fix =
    nearest === undefined
      ? `There are ${known.map((name) => `\`${prefix}${name}\``).join(', ')}.`
      : `Did you mean \`${prefix}${nearest}\`?`;
  throw new InvalidOptionError(`${prefix}${unknown}`, 'there is none of this name', fix);
}
