import type { PayloadCodec } from '../payload/payload-codec.js';
import { toJson } from '../payload/to-payload.js';
import type { ProtocolVersion, PublishProperties } from '../session/wire.js';
import { BYTES } from './content-type.js';
import { wrapped } from './wrapped-value.js';

export interface Request {
  /** As the caller gave it. */
  readonly pattern: unknown;
  readonly data: unknown;
  readonly id: string;
  readonly metadata?: Record<string, string>;
  /** The topic on which the requester listens. */
  readonly replyTo: string;
}

/**
 * A request that our servers and Nest's own `ServerMqtt` both understand: Nest's envelope, and on 5.0 Response Topic and
 * Correlation Data around it. On 5.0 bytes go as they are: JSON cannot hold them, and Nest's server could not read them.
 *
 * @throws PayloadEncodeError
 */
export function encodeRequest(
  request: Request,
  codec: PayloadCodec,
  protocolVersion: ProtocolVersion,
): { payload: Buffer | string; properties?: PublishProperties } {
  const { pattern, id, metadata, replyTo } = request;
  const data = codec.wrap(request.data);
  if (protocolVersion === 4) {
    return { payload: toJson({ pattern, ...wrapped('data', data), id, replyTo, metadata }) };
  }
  const properties: PublishProperties = {
    responseTopic: replyTo,
    correlationData: Buffer.from(id),
    ...(metadata && { userProperties: metadata }),
  };
  return Buffer.isBuffer(data)
    ? { payload: data, properties: { ...properties, contentType: BYTES } }
    : { payload: toJson({ pattern, data, id, metadata }), properties };
}
