import { quoted } from '../errors/quoted.js';
import type { PayloadInfo } from '../payload/codec.js';
import type { PayloadCodec } from '../payload/payload-codec.js';
import type { InboundPublish } from '../session/wire.js';
import { type NestEnvelope, type NormalizePattern, unwrapEnvelope } from './nest-envelope.js';
import { BYTES } from './content-type.js';
import { NEST_REPLY_SUFFIX } from './reply-protocol.js';
import { type ReplyTarget, replyTopicFault } from './reply-target.js';

type Message = Pick<InboundPublish, 'topic' | 'payload' | 'qos' | 'properties'>;

/** A message as a handler is to see it, and whether somebody waits for an answer. */
export interface OpenedMessage {
  readonly data: unknown;
  /** What a dispatch hook of the sender attached, where it came in an envelope. On 5.0 it comes as User Properties. */
  readonly metadata?: Record<string, string>;
  /** Where the answer goes; absent for an event, and for a request that must not be answered. */
  readonly replyTarget?: ReplyTarget;
  /** Why a request is answered nowhere: to be reported. */
  readonly unanswerable?: string;
}

/**
 * Decodes a payload, takes Nest's envelope off, and finds out where replies go: to the Response Topic on 5.0, else to
 * the envelope's `replyTo`, else, as Nest's `ClientMqtt` expects it, to `<topic>/reply`.
 *
 * @throws PayloadDecodeError
 */
export function openMessage(message: Message, codec: PayloadCodec, normalizePattern: NormalizePattern): OpenedMessage {
  const { topic, payload, properties } = message;
  const info: PayloadInfo = { topic, contentType: properties?.contentType };
  if (properties?.responseTopic !== undefined && info.contentType === BYTES) {
    return { data: codec.unwrap(payload, info), ...replyAddress(message, undefined) };
  }
  const value = codec.readsJson ? codec.decode(payload, info) : parseWhatMayBeAnEnvelope(payload);
  const envelope = unwrapEnvelope(topic, value, normalizePattern);
  if (envelope !== undefined) {
    return {
      data: codec.unwrap(envelope.data, info),
      ...(envelope.metadata && { metadata: envelope.metadata }),
      ...replyAddress(message, envelope),
    };
  }
  const data = codec.readsJson ? value : codec.decode(payload, info);
  return properties?.responseTopic === undefined ? { data } : { data, ...replyAddress(message, undefined) };
}

function parseWhatMayBeAnEnvelope(payload: Buffer): unknown {
  if (payload[0] !== 0x7b || !payload.includes('"pattern"')) return undefined;
  try {
    return JSON.parse(payload.toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** Where the answer to a message goes, if it asks for one. */
export function replyAddress(
  { topic, qos, properties }: Pick<InboundPublish, 'topic' | 'qos' | 'properties'>,
  envelope: Pick<NestEnvelope, 'id' | 'replyTo'> | undefined,
): Pick<OpenedMessage, 'replyTarget' | 'unanswerable'> {
  const target = replyTarget({ topic, qos, properties }, envelope);
  if (target === undefined) return {};
  const fault = replyTopicFault(target.topic);
  if (fault === undefined) return { replyTarget: target };
  return { unanswerable: `The topic on which a request on ${quoted(topic)} wants its reply cannot be used: ${fault}` };
}

function replyTarget(
  { topic, qos, properties }: Omit<Message, 'payload'>,
  envelope: Pick<NestEnvelope, 'id' | 'replyTo'> | undefined,
): ReplyTarget | undefined {
  if (properties?.responseTopic !== undefined) {
    const { responseTopic, correlationData } = properties;
    return { form: 'property', topic: responseTopic, correlationData, qos };
  }
  if (envelope?.id === undefined) return undefined;
  const { id, replyTo } = envelope;
  return replyTo === undefined
    ? { form: 'envelope', topic: topic + NEST_REPLY_SUFFIX, id, strict: true, qos }
    : { form: 'envelope', topic: replyTo, id, strict: false, qos };
}
