import type { MQTTSharedStartWarning } from '../observability/start-report.js';
import { listed } from './concerned.js';
import type { StartFacts } from './start-warnings.js';
import type { RegisteredHandler } from './subscription.js';

/** Filters that do not match what they look like. */
export function filterWarnings({ subscriptions }: StartFacts): (MQTTSharedStartWarning | undefined)[] {
  const handlers = subscriptions.flatMap((subscription) => subscription.handlers);
  return [strippedSlashes(handlers), colonLevels(handlers)];
}

function strippedSlashes(handlers: readonly RegisteredHandler[]): MQTTSharedStartWarning | undefined {
  const stripped = handlers.filter(({ wasStripped }) => wasStripped);
  if (stripped.length === 0) return undefined;
  return {
    code: 'STRIPPED_SLASH',
    methods: namesOf(stripped),
    message:
      `Filters lost their leading slash: ${filtersOf(stripped)}. ClientMQTTShared takes it from topics, too; if your ` +
      "publishers keep it, set `leadingSlash: 'keep'`.",
  };
}

/** `:id`, a parameter in routes of Express and legal in MQTT, where it stands for itself. */
function colonLevels(handlers: readonly RegisteredHandler[]): MQTTSharedStartWarning | undefined {
  const affected = handlers.filter((handler) => colonLevelOf(handler) !== undefined);
  const [first] = affected;
  const level = first && colonLevelOf(first);
  if (level === undefined) return undefined;
  const name = level.slice(1);
  return {
    code: 'COLON_LEVEL',
    methods: namesOf(affected),
    message:
      `A level like "${level}" matches only these very characters: ${filtersOf(affected)}. Write \`+\` for any level, or ` +
      `\`+${name}\` in @SharedPattern, to have it with @TopicParam('${name}').`,
  };
}

function colonLevelOf({ filter }: RegisteredHandler): string | undefined {
  return filter.levels.find((level) => /^:\w+$/.test(level));
}

function namesOf(handlers: readonly RegisteredHandler[]): string[] {
  return [...new Set(handlers.map(({ name }) => name))];
}

function filtersOf(handlers: readonly RegisteredHandler[]): string {
  return listed(handlers.map(({ name, filter }) => `"${filter.text}" of ${name}`));
}
