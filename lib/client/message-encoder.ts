import type { ReadPacket } from '@nestjs/microservices';
import { resolveCodec } from '../payload/resolve-codec.js';
import type { PayloadCodec } from '../payload/payload-codec.js';
import { toPayload } from '../payload/to-payload.js';
import { encodeRequest } from '../reply/encode-request.js';
import type { NormalizePattern } from '../reply/nest-envelope.js';
import type { OutboundPublish, ProtocolVersion, PublishProperties } from '../session/wire.js';
import type { ClientMQTTSharedOptions } from './client-options.js';
import { mergeProperties, outgoingData } from './outgoing-data.js';
import { publishTopic } from './publish-topic.js';

type Payload = Pick<OutboundPublish, 'payload' | 'properties'>;

/** From a packet of Nest's to a message of MQTT. */
export class MessageEncoder {
  readonly codec: PayloadCodec;
  private readonly protocolVersion: ProtocolVersion;

  constructor(
    private readonly options: ClientMQTTSharedOptions,
    private readonly replyTo: string,
    private readonly normalizePattern: NormalizePattern,
  ) {
    this.codec = resolveCodec(options.codec);
    this.protocolVersion = options.protocolVersion ?? 5;
  }

  /** @throws InvalidTopicNameError */
  topic(pattern: unknown, method: 'emit' | 'send'): string {
    const route = this.normalizePattern(pattern as Parameters<NormalizePattern>[0]);
    return publishTopic(route, this.options.leadingSlash ?? 'strip', `ClientMQTTShared.${method}`);
  }

  /**
   * The data itself. Metadata of a dispatch hook goes into User Properties; 3.1.1 has no room for it outside the data.
   *
   * @throws InvalidTopicNameError, PayloadEncodeError
   */
  event(packet: ReadPacket): OutboundPublish {
    return this.message(packet, 'emit', (data) => ({
      payload: this.serialized({ ...packet, data }) ?? this.codec.encode(data),
      properties: metadataProperties(packet),
    }));
  }

  /** @throws InvalidTopicNameError, PayloadEncodeError */
  request(packet: ReadPacket, id: string): OutboundPublish {
    return this.message(packet, 'send', (data) => {
      const { replyTo } = this;
      const request = { ...packet, data, id, replyTo };
      const serialized = this.serialized(request);
      if (serialized === undefined) return encodeRequest(request, this.codec, this.protocolVersion);
      const correlationData = Buffer.from(id);
      return {
        payload: serialized,
        properties: { ...metadataProperties(packet), responseTopic: replyTo, correlationData },
      };
    });
  }

  private message(packet: ReadPacket, method: 'emit' | 'send', encode: (data: unknown) => Payload): OutboundPublish {
    const topic = this.topic(packet.pattern, method);
    const { data, qos, retain, properties: recordProperties } = outgoingData(packet.data);
    const { payload, properties } = encode(data);
    return {
      topic,
      payload,
      qos: qos ?? this.options.qos ?? 1,
      retain: retain ?? false,
      properties: this.protocolVersion === 5 ? mergeProperties(recordProperties, properties) : undefined,
    };
  }

  private serialized(packet: ReadPacket): Buffer | string | undefined {
    const { serializer } = this.options;
    return serializer && toPayload(serializer.serialize(packet));
  }
}

function metadataProperties({ metadata }: ReadPacket): PublishProperties | undefined {
  return metadata && { userProperties: metadata };
}
