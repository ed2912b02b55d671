import type { ConsumerDeserializer, IncomingEvent, IncomingRequest } from '@nestjs/microservices';
import type { PayloadCodec } from '../payload/payload-codec.js';
import type { InboundPublish } from '../session/wire.js';
import { type OpenedMessage, replyAddress } from './open-message.js';

/**
 * A message as a deserializer of the user's reads it, in place of the search for Nest's envelope. What it gives an `id`
 * is a request, answered on the Response Topic or on `<topic>/reply`. A promise only where the deserializer returns one.
 *
 * @throws PayloadDecodeError, and what the deserializer throws
 */
export function openDeserialized(
  message: InboundPublish,
  codec: PayloadCodec,
  deserializer: ConsumerDeserializer,
): OpenedMessage | Promise<OpenedMessage> {
  const { topic, payload, properties } = message;
  const value = codec.decode(payload, { topic, contentType: properties?.contentType });
  const packet = deserializer.deserialize(value, { channel: topic });
  return packet instanceof Promise ? packet.then((read) => opened(message, read)) : opened(message, packet);
}

function opened(message: InboundPublish, packet: IncomingRequest | IncomingEvent): OpenedMessage {
  const envelope = 'id' in packet ? { id: packet.id } : undefined;
  return { data: packet.data, ...replyAddress(message, envelope) };
}
