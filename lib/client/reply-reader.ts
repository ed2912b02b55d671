import { Logger } from '@nestjs/common';
import type { ProducerDeserializer } from '@nestjs/microservices';
import { decodeAuto } from '../payload/decode-auto.js';
import type { PayloadCodec } from '../payload/payload-codec.js';
import { decodeReply } from '../reply/decode-reply.js';
import type { InboundPublish } from '../session/wire.js';
import type { Requests } from './requests.js';

/** Brings an arriving message to the request that it answers; what answers none is dropped. */
export class ReplyReader {
  private readonly log = new Logger(ReplyReader.name);

  constructor(
    private readonly requests: Requests,
    private readonly codec: PayloadCodec,
    private readonly deserializer: ProducerDeserializer | undefined,
  ) {}

  read(packet: InboundPublish): void {
    if (this.deserializer !== undefined && packet.properties?.correlationData === undefined) {
      this.deserialize(packet, this.deserializer).catch((error: unknown) => this.log.error(error));
      return;
    }
    const reply = decodeReply(packet);
    if (reply !== undefined) this.requests.answer(reply.id, () => reply.read(this.codec));
  }

  private async deserialize({ topic, payload }: InboundPublish, deserializer: ProducerDeserializer): Promise<void> {
    const reply = await deserializer.deserialize(decodeAuto(payload), { channel: topic });
    this.requests.answer(reply.id, () => reply);
  }
}
