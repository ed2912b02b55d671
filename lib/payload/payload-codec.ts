import type { PayloadInfo } from './codec.js';

/** A `Codec` ready for use; it fails with `PayloadEncodeError` and `PayloadDecodeError` only. */
export interface PayloadCodec {
  /** Whether `decode` parses JSON, so that nobody has to parse a second time to look for an envelope. */
  readonly readsJson: boolean;
  encode(value: unknown): Buffer | string;
  decode(payload: Buffer, info: PayloadInfo): unknown;
  /** What stands for the value inside a JSON envelope: a `Buffer`, or something that JSON can hold. */
  wrap(value: unknown): unknown;
  /** The value again: `wrap` undone, and what `decode` gives where the envelope came from somebody else. */
  unwrap(wrapped: unknown, info: PayloadInfo): unknown;
}
