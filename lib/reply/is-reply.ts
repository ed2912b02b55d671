import type { PublishProperties } from '../session/wire.js';
import { NEST_REPLY_SUFFIX, REPLY_KIND, REPLY_MARK, REPLY_TOPIC_PREFIX } from './reply-protocol.js';

const MARK = Buffer.from(REPLY_MARK);
const NEST_KEYS = new Set(['id', 'response', 'err', 'isDisposed', 'status']);

/**
 * Whether a message is somebody's reply, which a worker whose filter covers its topic acknowledges and ignores.
 * Recognised are replies of this library by their mark or topic, and those of Nest's own transport by topic and shape.
 */
export function isReply(topic: string, properties: PublishProperties | undefined, payload: Buffer): boolean {
  if (properties?.userProperties?.[REPLY_KIND] !== undefined) return true;
  if (topic.startsWith(REPLY_TOPIC_PREFIX)) return true;
  if (payload[0] !== MARK[0]) return false;
  if (payload[2] === MARK[2] && payload.subarray(0, MARK.length).equals(MARK)) return true;
  return topic.endsWith(NEST_REPLY_SUFFIX) && hasShapeOfNestReply(payload);
}

function hasShapeOfNestReply(payload: Buffer): boolean {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(payload.toString()) as Record<string, unknown>;
  } catch {
    return false;
  }
  return (
    (typeof value['id'] === 'string' || typeof value['id'] === 'number') &&
    (value['isDisposed'] === true || Object.hasOwn(value, 'response') || Object.hasOwn(value, 'err')) &&
    Object.keys(value).every((key) => NEST_KEYS.has(key))
  );
}
