import type { IPublishPacket, MqttClient } from 'mqtt';
import type { QoS, WireListener } from './wire.js';

const NO_MATCHING_SUBSCRIBERS = 0x10;

interface Ping {
  readonly number: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Takes each PUBLISH out of mqtt.js before mqtt.js acknowledges it.
 *
 * mqtt.js sends PUBACK when `handleMessage` calls back, one message at a time, and PUBREC before the application has
 * seen the message. `packetreceive` is emitted before it looks at the QoS: with 0 there it acknowledges nothing and
 * calls `handleMessage` for every message, so that calling back means only "read on", and acknowledging is ours.
 * It answers PUBREL with PUBCOMP by itself, also for Packet Identifiers that it never stored.
 */
export class PublishTap {
  private qosOnTheWire: QoS = 0;
  private sawPublish = false;
  private started = false;
  private readOn: (() => void) | undefined;
  private onPause: () => void = () => {};
  private pingsSent = 0;
  private pingsAnswered = 0;
  private pings: Ping[] = [];
  private readonly withoutSubscribers = new Set<number>();

  constructor(
    private readonly client: MqttClient,
    private readonly listener: WireListener,
    /** PUBACK came. */
    private readonly confirmed: (packetId: number, reasonCode: number) => void,
  ) {
    client.handleMessage = (packet, callback) => this.handleMessage(packet, callback);
    client.on('packetsend', (packet) => {
      if (packet.cmd === 'pingreq') this.pingsSent++;
    });
    client.on('packetreceive', (packet) => {
      switch (packet.cmd) {
        case 'publish':
          this.qosOnTheWire = packet.qos;
          packet.qos = 0;
          break;
        case 'pubrel':
          if (packet.messageId !== undefined) listener.released(packet.messageId);
          break;
        case 'pingresp':
          this.answerPings();
          break;
        case 'puback':
          if (packet.messageId !== undefined) this.confirmed(packet.messageId, packet.reasonCode ?? 0);
          break;
        case 'pubrec':
          if (packet.reasonCode === NO_MATCHING_SUBSCRIBERS && packet.messageId !== undefined) {
            this.withoutSubscribers.add(packet.messageId);
          }
          break;
        default:
      }
    });
  }

  private handleMessage(packet: IPublishPacket, readOn: () => void): void {
    packet.qos = this.qosOnTheWire;
    this.sawPublish = true;
    if (!this.started) {
      this.pause(() => this.deliver(packet, readOn));
      return;
    }
    this.deliver(packet, readOn);
  }

  private deliver(packet: IPublishPacket, readOn: () => void): void {
    const more = this.listener.publish({
      topic: packet.topic,
      payload: packet.payload as Buffer,
      qos: packet.qos,
      dup: packet.dup,
      retain: packet.retain,
      packetId: packet.messageId ?? 0,
      properties: packet.properties,
    });
    if (more) readOn();
    else this.pause(readOn);
  }

  private pause(readOn: () => void): void {
    this.readOn = readOn;
    this.onPause();
  }

  /** Begins, or goes on after a pause; `onPause` is called at every pause from now on. */
  resume(onPause: () => void): void {
    this.started = true;
    this.onPause = onPause;
    const readOn = this.readOn;
    this.readOn = undefined;
    readOn?.();
  }

  sawPublishSinceLastLook(): boolean {
    const saw = this.sawPublish;
    this.sawPublish = false;
    return saw;
  }

  /** mqtt.js does not pass the Reason Code of PUBREC on. Asking forgets it, as the Packet Identifier is free now. */
  hadNoSubscribers(packetId: number | undefined): boolean {
    return packetId !== undefined && this.withoutSubscribers.delete(packetId);
  }

  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.sendPing();
      this.pings.push({ number: this.pingsSent, resolve, reject });
    });
  }

  private answerPings(): void {
    this.pingsAnswered++;
    while (this.pings[0] !== undefined && this.pings[0].number <= this.pingsAnswered) this.pings.shift()?.resolve();
  }

  ended(): void {
    this.readOn = undefined;
    const pings = this.pings;
    this.pings = [];
    for (const ping of pings) ping.reject(new Error('The connection ended before PINGRESP.'));
  }
}
