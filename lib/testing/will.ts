import { createMessage, type Message } from './message.js';
import type { ConnectPacket } from './packets.js';

/** The Will Message of a connection (section 3.1.2.5). */
export interface Will {
  readonly message: Message;
  /** Will Delay Interval, seconds. */
  readonly delay: number;
}

export function willOf({ will }: ConnectPacket, clientId: string): Will | undefined {
  if (!will) return undefined;
  const { willDelayInterval = 0, ...properties } = will.properties ?? {};
  const { topic, payload, qos = 0, retain = false } = will;
  const message = createMessage({ topic, payload, qos, retain, properties }, clientId);
  return { message, delay: willDelayInterval };
}
