import { MQTTSharedError } from './mqtt-shared.error.js';
import { quoted } from './quoted.js';
import { reasonOf } from './reason-of.js';

const SHOWN_BYTES = 32;

/**
 * A payload that the codec cannot read. The message shows its first bytes, printable.
 *
 * @publicApi
 */
export class PayloadDecodeError extends MQTTSharedError {
  readonly code = 'PAYLOAD_DECODE';

  override get permanent(): boolean {
    return true;
  }

  constructor(
    readonly topic: string,
    payload: Buffer,
    cause: unknown,
  ) {
    super(
      `The payload of a message on ${quoted(topic)} cannot be decoded: ${reasonOf(cause)}. It begins with ${firstBytes(payload)}. ` +
        'Set `codec` to what the publisher sends, or let the publisher send what `codec` says.',
      { cause },
    );
  }
}

function firstBytes(payload: Buffer): string {
  if (payload.length === 0) return 'nothing: it is empty';
  const shown = payload.toString('latin1', 0, SHOWN_BYTES).replace(/[^\x20-\x7e]/g, '.');
  return payload.length <= SHOWN_BYTES ? `"${shown}"` : `"${shown}…" (${payload.length} bytes)`;
}
