/** What a codec may know about a payload besides its bytes. */
export interface PayloadInfo {
  readonly topic: string;
  /** MQTT 5.0 Content Type (section 3.3.2.3.9), where the publisher gave one. */
  readonly contentType?: string;
}

/**
 * A payload format of one's own. `encode` may throw, and so may `decode`: the message then goes the way of every message
 * that cannot be decoded.
 *
 * @publicApi
 */
export interface CustomCodec {
  encode(value: unknown): Buffer | string;
  decode(payload: Buffer, info: PayloadInfo): unknown;
}

/**
 * How values become payloads and payloads become values.
 *
 * | codec | payload → value | value → payload |
 * | --- | --- | --- |
 * | `'auto'` (default) | JSON where it parses, else a string where the bytes are UTF-8, else the `Buffer` | bytes and strings as they are, everything else as JSON |
 * | `'json'` | JSON, else `PayloadDecodeError` | bytes as they are, everything else, strings too, as JSON |
 * | `'text'` | a string; bytes that are not UTF-8 become U+FFFD | as `'auto'` |
 * | `'raw'` | the `Buffer` | as `'auto'` |
 *
 * An empty payload is `''` under `'auto'` and `'text'`, an empty `Buffer` under `'raw'`, and no JSON. `undefined` is
 * written as an empty payload.
 *
 * @publicApi
 */
export type Codec = 'auto' | 'json' | 'text' | 'raw' | CustomCodec;
