import { isDeepStrictEqual } from 'node:util';
import type { MessageHandler } from '@nestjs/microservices';
import { SHARED_PATTERNS, type SharedPatternDefinition } from '../decorators/shared-pattern.metadata.js';
import type { SharedPatternOptions } from '../decorators/shared-pattern-options.js';
import { validateOptionsOf } from '../decorators/validate-pattern-options.js';
import { ConflictingHandlersError } from '../errors/conflicting-handlers.error.js';
import { InvalidTopicFilterError } from '../errors/invalid-topic-filter.error.js';
import { MissingGroupError } from '../errors/missing-group.error.js';
import { stripLeadingSlashes } from '../topic/leading-slash.js';
import { formatSharedSubscription, parseSharedSubscription } from '../topic/shared-subscription.js';
import { parseTopicFilter, type TopicFilter } from '../topic/topic-filter.js';
import type { MQTTSharedServerOptions } from './server-options.js';
import type { RegisteredHandler, Subscription } from './subscription.js';

type ServerDefaults = Pick<MQTTSharedServerOptions, 'group' | 'leadingSlash' | 'qos'>;

/** Options that belong to the subscription, so that all its handlers must have the same. */
const SUBSCRIPTION_OPTIONS = ['qos', 'concurrency', 'orderBy', 'codec', 'onError'] as const;

/** Collects the methods that Nest registers, by the subscription they need. */
export class HandlerRegistry {
  private readonly byPattern = new Map<string, { group: string | undefined; handlers: RegisteredHandler[] }>();

  constructor(private readonly defaults: ServerDefaults) {}

  /**
   * Takes a method in as Nest hands it over. Returns the pattern as it goes over the wire.
   *
   * @throws MissingGroupError, ConflictingHandlersError, InvalidTopicFilterError, InvalidShareNameError, InvalidOptionError
   */
  add(pattern: string, callback: MessageHandler, extras: Readonly<Record<string, unknown>>): string {
    const definitions = extras[SHARED_PATTERNS] as readonly SharedPatternDefinition[] | undefined;
    const shared = definitions?.find((definition) => definition.pattern === pattern);
    if (definitions === undefined || shared === undefined) return this.addPlain(pattern, callback, extras);
    this.assertDistinct(shared, definitions);
    return this.addShared(shared, callback);
  }

  private addShared({ method, group, filter, options }: SharedPatternDefinition, callback: MessageHandler): string {
    const shareName = group ?? this.defaults.group;
    if (shareName === undefined) throw new MissingGroupError(method, filter.text);
    return this.store(shareName, { name: method, callback, ...this.slashed(filter, method), options });
  }

  /** What the decorator cannot see: `/jobs` beside `jobs`, and the server's group beside the same one by name. */
  private assertDistinct(added: SharedPatternDefinition, definitions: readonly SharedPatternDefinition[]): void {
    const wire = ({ group = this.defaults.group, filter, method }: SharedPatternDefinition): string =>
      `${group}/${this.slashed(filter, method).filter.text}`;
    const first = definitions.find((definition) => wire(definition) === wire(added));
    if (first === added || first === undefined) return;
    throw new InvalidTopicFilterError({
      value: added.filter.text,
      where: added.method,
      rule: `the method has it already in group "${added.group ?? this.defaults.group}"`,
      fix: 'Write it once.',
    });
  }

  /** `$share/<group>/<filter>` written by hand is a shared subscription too, as with Nest's own transport. */
  private addPlain(pattern: string, callback: MessageHandler, options: SharedPatternOptions): string {
    const name = `the handler of pattern '${pattern}'`;
    const shared = parseSharedSubscription(pattern, { where: name });
    const filter = parseTopicFilter(shared?.filter ?? pattern, { namedLevels: false, where: name });
    validateOptionsOf(name, options);
    return this.store(shared?.group, { name, callback, ...this.slashed(filter, name), options });
  }

  private slashed(filter: TopicFilter, where: string): Pick<RegisteredHandler, 'filter' | 'wasStripped'> {
    if (this.defaults.leadingSlash === 'keep' || !filter.text.startsWith('/')) return { filter, wasStripped: false };
    const text = stripLeadingSlashes(filter.text);
    const stripped = filter.text.length - text.length;
    const { levels } = parseTopicFilter(text, { namedLevels: false, where });
    const names = filter.names.map(({ name, level }) => ({ name, level: level - stripped }));
    return { filter: { text, levels, names }, wasStripped: true };
  }

  private store(group: string | undefined, handler: RegisteredHandler): string {
    const { text } = handler.filter;
    const pattern = group === undefined ? text : formatSharedSubscription(group, text, { where: handler.name });
    const entry = this.byPattern.get(pattern);
    if (entry === undefined) {
      this.byPattern.set(pattern, { group, handlers: [handler] });
    } else {
      assertAgreement(pattern, entry.handlers[0] ?? handler, handler);
      entry.handlers.push(handler);
    }
    return pattern;
  }

  subscriptions(): Subscription[] {
    return [...this.byPattern].flatMap(([pattern, { group, handlers }]) => {
      const [first] = handlers;
      if (first === undefined) return [];
      const qos = first.options.qos ?? this.defaults.qos ?? 1;
      return [{ pattern, group, filter: first.filter, qos, handlers }];
    });
  }
}

function assertAgreement(pattern: string, first: RegisteredHandler, second: RegisteredHandler): void {
  for (const option of SUBSCRIPTION_OPTIONS) {
    if (isDeepStrictEqual(first.options[option], second.options[option])) continue;
    throw new ConflictingHandlersError(first.name, second.name, pattern, option);
  }
}
