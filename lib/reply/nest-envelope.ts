import { stripLeadingSlashes } from '../topic/leading-slash.js';
import { unwrapped } from './wrapped-value.js';

/** Nest's `transformPatternToRoute`, which a `Server` and a `ClientProxy` have as `normalizePattern`. */
export type NormalizePattern = (pattern: string | number | object) => string;

/** What `ClientProxy` of Nest, or ours on 3.1.1, put around the data. */
export interface NestEnvelope {
  /** Bytes again where the envelope says that they are Base64. */
  readonly data: unknown;
  readonly id?: string | number;
  readonly replyTo?: string;
  readonly metadata?: Record<string, string>;
}

const KEYS = new Set(['pattern', 'data', 'id', 'metadata', 'replyTo', 'encoding']);

/**
 * The content of Nest's envelope, `undefined` when the value is none. It is one only if it has no key that is not
 * Nest's and its pattern is the topic it came on, so that a job that has a `pattern` and `data` of its own stays whole.
 */
export function unwrapEnvelope(
  topic: string,
  value: unknown,
  normalizePattern: NormalizePattern,
): NestEnvelope | undefined {
  if (
    typeof value !== 'object' ||
    value === null ||
    !Object.hasOwn(value, 'pattern') ||
    !Object.hasOwn(value, 'data')
  ) {
    return undefined;
  }
  if (Array.isArray(value) || !Object.keys(value).every((key) => KEYS.has(key))) return undefined;
  const { pattern, data, id, metadata, replyTo, encoding } = value as Record<string, unknown>;
  if (!isRouteOf(pattern, topic, normalizePattern)) return undefined;
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') return undefined;
  return {
    data: unwrapped(data, encoding),
    ...(id !== undefined && { id }),
    ...(typeof replyTo === 'string' && { replyTo }),
    ...(isMetadata(metadata) && { metadata }),
  };
}

function isRouteOf(pattern: unknown, topic: string, normalizePattern: NormalizePattern): boolean {
  switch (typeof pattern) {
    case 'string':
    case 'number':
      return isSameTopic(String(pattern), topic);
    case 'object':
      return pattern !== null && isSameTopic(routeOf(pattern, normalizePattern), topic);
    default:
      return false;
  }
}

function routeOf(pattern: object, normalizePattern: NormalizePattern): string | undefined {
  try {
    return normalizePattern(pattern);
  } catch {
    // Versions of Nest without a bound on the depth overflow the stack on a hostile pattern.
    return undefined;
  }
}

function isSameTopic(route: string | undefined, topic: string): boolean {
  return route === topic || (route !== undefined && stripLeadingSlashes(route) === stripLeadingSlashes(topic));
}

function isMetadata(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((entry) => typeof entry === 'string')
  );
}
