import type { OpenedMessage } from '../reply/open-message.js';

/** What a route of this server decodes a message to; a promise only where a `deserializer` of the user's reads it. */
export type ReceivedMessage = OpenedMessage | Promise<OpenedMessage>;
