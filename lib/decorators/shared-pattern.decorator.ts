import { MessagePattern } from '@nestjs/microservices';
import { InvalidTopicFilterError } from '../errors/invalid-topic-filter.error.js';
import { parseTopicFilter } from '../topic/topic-filter.js';
import { validateShareName } from '../topic/share-name.js';
import { formatSharedSubscription } from '../topic/shared-subscription.js';
import { MQTT_SHARED, SHARED_PATTERNS, type SharedPatternDefinition } from './shared-pattern.metadata.js';
import type { SharedPatternOptions } from './shared-pattern-options.js';
import { validateSharedOptionsOf } from './validate-pattern-options.js';

/** Stands for the server's `group` in the name under which a pattern is registered. */
const SERVER_GROUP = '{group}';
const DEFINITIONS = Symbol('shared patterns of a method');
const EMPTY_LIST = { rule: 'it is an empty list', fix: 'Give at least one Topic Filter.' };

/**
 * Makes a controller method a member of an MQTT shared subscription, `$share/<group>/<filter>` (MQTT 5.0 section 4.8.2):
 * the broker gives each message of the group to one member, and the message is acknowledged once the method's promise
 * has resolved.
 *
 * `group` is the Share Name; without it the server's `group` option counts. `filter` is a Topic Filter or several;
 * a wildcard may have a name, `devices/+deviceId/#rest`, for `@TopicParam`. Give the decorator twice for two groups.
 *
 * Throws `InvalidTopicFilterError`, `InvalidShareNameError` or `InvalidOptionError` when the class is defined.
 *
 * @publicApi
 */
export function SharedPattern(
  group: string,
  filter: string | readonly string[],
  options?: SharedPatternOptions,
): MethodDecorator;
export function SharedPattern(filter: string | readonly string[], options?: SharedPatternOptions): MethodDecorator;
export function SharedPattern(
  ...args:
    [string, string | readonly string[], SharedPatternOptions?] | [string | readonly string[], SharedPatternOptions?]
): MethodDecorator {
  const { hasGroup, group, filters, options } = readArguments(args);
  return (target, key, descriptor) => {
    const method = `${target.constructor.name}.${String(key)}`;
    if (hasGroup) validateShareName(group as string, { where: method });
    validateSharedOptionsOf(method, options);
    if (filters.length === 0) throw new InvalidTopicFilterError({ value: filters, where: method, ...EMPTY_LIST });
    const added = filters.map((written): SharedPatternDefinition => {
      refuseShared(written, method);
      const filter = parseTopicFilter(written, { namedLevels: true, where: method });
      const pattern = formatSharedSubscription(group ?? SERVER_GROUP, filter.text, { where: method });
      return { pattern, method, group, filter, options };
    });
    register(target, key, descriptor, added);
  };
}

/** It would be a Topic Filter by the rules, and match nothing that anybody publishes. */
function refuseShared(written: unknown, where: string): void {
  if (typeof written !== 'string' || !written.startsWith('$share/')) return;
  const [, group = '<group>', ...levels] = written.split('/');
  throw new InvalidTopicFilterError({
    value: written,
    where,
    rule: 'it names the group, which @SharedPattern has an argument of its own for',
    fix: `Write @SharedPattern('${group}', '${levels.join('/') || '<filter>'}').`,
  });
}

interface Arguments {
  readonly hasGroup: boolean;
  readonly group: string | undefined;
  readonly filters: readonly string[];
  readonly options: SharedPatternOptions;
}

/**
 * Whatever comes second and is no options object stands for a filter, so that one that is missing at run time
 * (`process.env.FILTER!`) is an error and does not make a filter of the group.
 */
function readArguments(args: readonly unknown[]): Arguments {
  const [first, second, third] = args;
  const hasGroup = args.length > 1 && (typeof second !== 'object' || second === null || Array.isArray(second));
  const filter = hasGroup ? second : first;
  return {
    hasGroup,
    group: hasGroup ? (first as string) : undefined,
    filters: (Array.isArray(filter) ? filter : [filter]) as readonly string[],
    options: (hasGroup ? third : second) ?? {},
  };
}

/** Nest keeps one set of patterns for a method, and a second decorator would take the place of the first's. */
function register<T>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
  added: readonly SharedPatternDefinition[],
): void {
  const method = descriptor.value as object;
  const before = (Reflect.getMetadata(DEFINITIONS, method) ?? []) as readonly SharedPatternDefinition[];
  const definitions = [...added, ...before];
  assertDistinct(definitions);
  Reflect.defineMetadata(DEFINITIONS, definitions, method);
  const patterns = definitions.map(({ pattern }) => pattern);
  MessagePattern(patterns, MQTT_SHARED, { [SHARED_PATTERNS]: definitions })(target, key, descriptor as never);
}

/** The method would be called more than once for each message. */
function assertDistinct(definitions: readonly SharedPatternDefinition[]): void {
  const patterns = new Set<string>();
  for (const { pattern, method, filter } of definitions) {
    if (patterns.has(pattern)) {
      const rule = 'the method has it already in the same group';
      throw new InvalidTopicFilterError({ value: filter.text, where: method, rule, fix: 'Write it once.' });
    }
    patterns.add(pattern);
  }
}
