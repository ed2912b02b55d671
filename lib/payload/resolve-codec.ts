import { inspect } from 'node:util';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { PayloadDecodeError } from '../errors/payload-decode.error.js';
import type { Codec, PayloadInfo } from './codec.js';
import { customCodec } from './custom-codec.js';
import { decodeAuto } from './decode-auto.js';
import type { PayloadCodec } from './payload-codec.js';
import { isBytes, toBuffer, toJson, toPayload } from './to-payload.js';

const wrap = (value: unknown): unknown => (isBytes(value) ? toBuffer(value) : value);

const auto: PayloadCodec = {
  readsJson: true,
  encode: toPayload,
  decode: decodeAuto,
  wrap,
  unwrap: (wrapped) => wrapped,
};

const json: PayloadCodec = {
  readsJson: true,
  encode: (value) => (isBytes(value) ? toBuffer(value) : toJson(value)),
  decode: decodeJson,
  wrap,
  unwrap: (wrapped, info) => (Buffer.isBuffer(wrapped) ? decodeJson(wrapped, info) : wrapped),
};

const text = ofBytes((payload) => payload.toString());
const raw = ofBytes((payload) => payload);

/** @throws InvalidOptionError when it is none of the names and no object with `encode` and `decode`. */
export function resolveCodec(codec: Codec = 'auto'): PayloadCodec {
  switch (codec) {
    case 'auto':
      return auto;
    case 'json':
      return json;
    case 'text':
      return text;
    case 'raw':
      return raw;
    default:
      if (typeof codec?.encode === 'function' && typeof codec.decode === 'function') return customCodec(codec);
      throw new InvalidOptionError(
        'codec',
        `${inspect(codec, { depth: 0 })} is neither the name of a codec nor an object with \`encode\` and \`decode\``,
        "Use 'auto', 'json', 'text', 'raw' or { encode, decode }.",
      );
  }
}

function decodeJson(payload: Buffer, info: PayloadInfo): unknown {
  try {
    return JSON.parse(payload.toString()) as unknown;
  } catch (cause) {
    throw new PayloadDecodeError(info.topic, payload, cause);
  }
}

function ofBytes(decode: (payload: Buffer) => unknown): PayloadCodec {
  return {
    readsJson: false,
    encode: toPayload,
    decode,
    wrap,
    unwrap: (wrapped) => decode(toBuffer(toPayload(wrapped))),
  };
}
