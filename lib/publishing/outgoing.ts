import type { OutboundPublish } from '../session/wire.js';

/** Called once: without an error when the server has taken the message. */
export type Published = (error?: Error) => void;

export interface Outgoing {
  readonly message: OutboundPublish;
  readonly done: Published;
  readonly requireSubscribers: boolean;
}
