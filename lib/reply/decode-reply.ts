import type { PayloadInfo } from '../payload/codec.js';
import { decodeAuto } from '../payload/decode-auto.js';
import type { PayloadCodec } from '../payload/payload-codec.js';
import type { InboundPublish } from '../session/wire.js';
import { BYTES, TEXT } from './content-type.js';
import { REPLY_KIND } from './reply-protocol.js';
import { unwrapped } from './wrapped-value.js';

/** One reply, as the callback of Nest's `ClientProxy` takes it. */
export interface Reply {
  readonly response?: unknown;
  readonly err?: unknown;
  readonly isDisposed?: boolean;
}

/** A reply and the request it belongs to; its value is read only when somebody waits for it. */
export interface AddressedReply {
  readonly id: string;
  /** @throws PayloadDecodeError */
  read(codec: PayloadCodec): Reply;
}

/** What an arriving message answers, `undefined` when it names no request. */
export function decodeReply(
  message: Pick<InboundPublish, 'topic' | 'payload' | 'properties'>,
): AddressedReply | undefined {
  const { correlationData } = message.properties ?? {};
  if (correlationData !== undefined) {
    return { id: correlationData.toString(), read: (codec) => readPropertyReply(message, codec) };
  }
  const envelope = decodeAuto(message.payload);
  if (typeof envelope !== 'object' || envelope === null || !('id' in envelope)) return undefined;
  const { id, response, err, isDisposed, encoding } = envelope as Record<string, unknown>;
  // Anyone may publish here, and not everything that JSON can hold can be made a string.
  if (typeof id !== 'string' && typeof id !== 'number') return undefined;
  return {
    id: String(id),
    read: (codec) => {
      if (err) return { err, isDisposed: true };
      const end = isDisposed === true ? { isDisposed } : {};
      if (response === undefined) return end;
      return { response: codec.unwrap(unwrapped(response, encoding), { topic: message.topic }), ...end };
    },
  };
}

function readPropertyReply(
  { topic, payload, properties }: Pick<InboundPublish, 'topic' | 'payload' | 'properties'>,
  codec: PayloadCodec,
): Reply {
  const info: PayloadInfo = { topic, contentType: properties?.contentType };
  switch (properties?.userProperties?.[REPLY_KIND]) {
    case 'error':
      return {
        err: decodeAuto(payload) || new Error('The request failed, and the reply does not say why.'),
        isDisposed: true,
      };
    case 'complete':
      return { isDisposed: true };
    case 'next':
      return { response: readValue(payload, info, codec) };
    default:
      return { response: readValue(payload, info, codec), isDisposed: true };
  }
}

function readValue(payload: Buffer, info: PayloadInfo, codec: PayloadCodec): unknown {
  switch (info.contentType) {
    case TEXT:
      return codec.unwrap(payload.toString(), info);
    case BYTES:
      return codec.unwrap(payload, info);
    default:
      return codec.decode(payload, info);
  }
}
