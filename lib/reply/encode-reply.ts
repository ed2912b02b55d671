import type { ConsumerSerializer, OutgoingResponse } from '@nestjs/microservices';
import type { PayloadCodec } from '../payload/payload-codec.js';
import { toJson, toPayload } from '../payload/to-payload.js';
import type { OutboundPublish } from '../session/wire.js';
import { contentTypeOf } from './content-type.js';
import { REPLY_KIND, REPLY_MARK, type ReplyKind } from './reply-protocol.js';
import type { EnvelopeTarget, PropertyTarget, ReplyTarget } from './reply-target.js';
import { wrapped } from './wrapped-value.js';

const UNKNOWN_ERROR = { status: 'error', message: 'Internal server error' };

export interface ReplyFormat {
  readonly codec: PayloadCodec;
  /** Writes enveloped replies in place of `codec`, as with Nest's own transports. */
  readonly serializer?: ConsumerSerializer;
}

/**
 * One reply as a message. `value` is the handler's value, or the error; it is ignored for `complete`.
 *
 * @throws PayloadEncodeError
 */
export function encodeReply(
  target: ReplyTarget,
  format: ReplyFormat,
  kind: ReplyKind,
  value?: unknown,
): OutboundPublish {
  return target.form === 'property'
    ? propertyReply(target, format.codec, kind, value)
    : envelopeReply(target, format, kind, value);
}

function propertyReply(
  { topic, qos, correlationData }: PropertyTarget,
  codec: PayloadCodec,
  kind: ReplyKind,
  value: unknown,
): OutboundPublish {
  const payload = kind === 'error' ? errorJson(value) : kind === 'complete' ? '' : codec.encode(value);
  const contentType = kind === 'complete' || kind === 'error' ? undefined : contentTypeOf(value, payload);
  return {
    topic,
    qos,
    retain: false,
    payload,
    properties: { correlationData, contentType, userProperties: { [REPLY_KIND]: kind } },
  };
}

function envelopeReply(
  { topic, qos, id, strict }: EnvelopeTarget,
  { codec, serializer }: ReplyFormat,
  kind: ReplyKind,
  value: unknown,
): OutboundPublish {
  const envelope = { id, ...content(codec, kind, value, strict) };
  const properties = { userProperties: { [REPLY_KIND]: kind } };
  if (serializer !== undefined) {
    const payload = toPayload(serializer.serialize(envelope as OutgoingResponse));
    return { topic, qos, retain: false, payload, properties };
  }
  const json = toJson(envelope);
  return {
    topic,
    qos,
    retain: false,
    payload: strict ? json : REPLY_MARK + json.slice(1),
    properties,
  };
}

function content(codec: PayloadCodec, kind: ReplyKind, value: unknown, strict: boolean): object {
  switch (kind) {
    case 'error':
      return { err: JSON.parse(errorJson(value)) as unknown, isDisposed: true };
    case 'complete':
      return { isDisposed: true };
    case 'next':
      return response(codec, value, strict);
    case 'last':
      return { ...response(codec, value, strict), isDisposed: true };
  }
}

function response(codec: PayloadCodec, value: unknown, strict: boolean): object {
  if (strict) return { response: value };
  return wrapped('response', codec.wrap(value));
}

/**
 * What Nest's filters made of the error is JSON already; an `Error` that came past them gets the same shape. Never
 * falsy, because Nest's client takes a falsy `err` for none.
 */
function errorJson(error: unknown): string {
  const value = error instanceof Error ? { status: 'error', message: error.message } : error;
  try {
    return toJson(value || UNKNOWN_ERROR);
  } catch {
    return toJson(UNKNOWN_ERROR);
  }
}
