import type { MqttClient } from 'mqtt';
import type { OutboundPublish, PublishDone } from './wire.js';
import { NO_MATCHING_SUBSCRIBERS } from './reason-code.js';

/** Publishes at QoS 2, which is left to mqtt.js, with its two round trips. */
export class QoS2Publisher {
  private readonly withoutSubscribers = new Set<number>();

  constructor(private readonly client: MqttClient) {
    // mqtt.js does not pass the Reason Code of PUBREC on.
    client.on('packetreceive', (packet) => {
      if (packet.cmd !== 'pubrec' || packet.messageId === undefined) return;
      if (packet.reasonCode === NO_MATCHING_SUBSCRIBERS) this.withoutSubscribers.add(packet.messageId);
    });
  }

  publish({ topic, payload, retain, properties }: OutboundPublish, done: PublishDone): void {
    this.client.publish(topic, payload, { qos: 2, retain, properties }, (error, packet) => {
      if (!error) {
        // The Packet Identifier is free now, and what is known of it is forgotten.
        const hadNone = packet?.messageId !== undefined && this.withoutSubscribers.delete(packet.messageId);
        done(undefined, hadNone ? NO_MATCHING_SUBSCRIBERS : 0);
        return;
      }
      // Without a Reason Code it is mqtt.js clearing up ("Connection closed", "Message removed"), and no answer.
      const { code } = error as { code?: unknown };
      if (typeof code === 'number') done(error, code);
    });
  }
}
