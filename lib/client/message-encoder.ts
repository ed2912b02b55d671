import type { ReadPacket } from '@nestjs/microservices';
import { resolveCodec } from '../payload/resolve-codec.js';
import type { PayloadCodec } from '../payload/payload-codec.js';
import { toPayload } from '../payload/to-payload.js';
import { encodeRequest } from '../reply/encode-request.js';
import type { NormalizePattern } from '../reply/nest-envelope.js';
import type { OutboundPublish, ProtocolVersion, PublishProperties } from '../session/wire.js';
import type { ClientMQTTSharedOptions } from './client-options.js';
import { mergeProperties, type OutgoingData, outgoingData } from './outgoing-data.js';
import { publishTopic } from './publish-topic.js';

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
    const topic = this.topic(packet.pattern, 'emit');
    const given = outgoingData(packet.data);
    const { serializer } = this.options;
    const payload =
      serializer === undefined
        ? this.codec.encode(given.data)
        : toPayload(serializer.serialize({ ...packet, data: given.data }));
    return this.message(topic, given, payload, metadataProperties(packet));
  }

  /** @throws InvalidTopicNameError, PayloadEncodeError */
  request(packet: ReadPacket, id: string): OutboundPublish {
    const topic = this.topic(packet.pattern, 'send');
    const given = outgoingData(packet.data);
    const { replyTo } = this;
    const { serializer } = this.options;
    const request = { ...packet, data: given.data, id, replyTo };
    if (serializer === undefined) {
      const { payload, properties } = encodeRequest(request, this.codec, this.protocolVersion);
      return this.message(topic, given, payload, properties);
    }
    const properties = { ...metadataProperties(packet), responseTopic: replyTo, correlationData: Buffer.from(id) };
    return this.message(topic, given, toPayload(serializer.serialize(request)), properties);
  }

  private message(
    topic: string,
    given: OutgoingData,
    payload: OutboundPublish['payload'],
    properties: PublishProperties | undefined,
  ): OutboundPublish {
    return {
      topic,
      payload,
      qos: given.qos ?? this.options.qos ?? 1,
      retain: given.retain ?? false,
      properties: this.protocolVersion === 5 ? mergeProperties(given.properties, properties) : undefined,
    };
  }
}

function metadataProperties({ metadata }: ReadPacket): PublishProperties | undefined {
  return metadata && { userProperties: metadata };
}
