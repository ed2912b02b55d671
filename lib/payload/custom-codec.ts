import { PayloadDecodeError } from '../errors/payload-decode.error.js';
import { PayloadEncodeError } from '../errors/payload-encode.error.js';
import type { CustomCodec, PayloadInfo } from './codec.js';
import type { PayloadCodec } from './payload-codec.js';
import { isBytes, toBuffer, toPayload } from './to-payload.js';

/** A user's codec, whose errors become ours; inside an envelope stands what it encoded. */
export function customCodec(codec: CustomCodec): PayloadCodec {
  const encode = (value: unknown): Buffer | string => {
    let encoded: unknown;
    try {
      encoded = codec.encode(value);
    } catch (cause) {
      throw new PayloadEncodeError(value, cause);
    }
    if (typeof encoded === 'string') return encoded;
    if (isBytes(encoded)) return toBuffer(encoded);
    throw new PayloadEncodeError(
      value,
      new TypeError(`\`codec.encode\` returned neither text nor bytes but ${typeof encoded}`),
    );
  };
  const decode = (payload: Buffer, info: PayloadInfo): unknown => {
    try {
      return codec.decode(payload, info);
    } catch (cause) {
      throw new PayloadDecodeError(info.topic, payload, cause);
    }
  };
  return {
    readsJson: false,
    encode,
    decode,
    wrap: encode,
    unwrap: (wrapped, info) => decode(toBuffer(toPayload(wrapped)), info),
  };
}
