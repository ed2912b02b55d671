import { setImmediate } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import type { RecordedPacket, RecordingProxy } from './recording-proxy.js';
import type { Worker } from './scene.js';

/** What a recording proxy in front of a worker says of the worker's messages. */
export class WireRecord {
  constructor(readonly proxy: RecordingProxy) {}

  /** PUBLISH packets towards the worker. */
  deliveries(payload?: string): RecordedPacket[] {
    return this.proxy.packets(
      ({ direction, packet }) =>
        direction === 'toClient' &&
        packet.cmd === 'publish' &&
        (payload === undefined || packet.payload.toString() === payload),
    );
  }

  /** PUBACK and PUBREC packets of the worker. */
  acknowledgements(): RecordedPacket[] {
    return this.proxy.packets(isAcknowledgement);
  }

  /** The payloads that were acknowledged, in order: by connection and the Packet Identifier that was last delivered there. */
  acknowledged(): string[] {
    const delivered = new Map<string, string>();
    const acknowledged: string[] = [];
    for (const recorded of this.proxy.packets()) {
      const { direction, connection, packet } = recorded;
      const key = `${connection} ${packet.messageId}`;
      if (direction === 'toClient' && packet.cmd === 'publish') delivered.set(key, payloadOf(recorded));
      else if (isAcknowledgement(recorded)) acknowledged.push(delivered.get(key) ?? `nothing delivered as ${key}`);
    }
    return acknowledged;
  }

  /** Resolves with the acknowledgement of this message on the connection on which it was delivered last. */
  acknowledgementOf(payload: string): Promise<RecordedPacket> {
    return this.proxy.waitFor((recorded) => {
      const delivery = this.deliveries(payload).at(-1);
      return (
        isAcknowledgement(recorded) &&
        recorded.connection === delivery?.connection &&
        recorded.packet.messageId === delivery.packet.messageId
      );
    });
  }

  /** Resolves when everything that the worker has decided to write on its one connection has passed. */
  async everythingWritten({ server }: Worker): Promise<void> {
    await setImmediate(); // the worker writes acknowledgements at the end of a turn of the event loop
    await setImmediate();
    const pings = (): number => this.proxy.packets(({ packet }) => packet.cmd === 'pingreq').length;
    const before = pings();
    let client: MqttClient | undefined;
    // One that is being renewed is not usable for a moment.
    while ((client = server.unwrap<MqttClient[]>()[0]) === undefined) await setImmediate();
    client.sendPing();
    await this.proxy.waitFor(({ packet }) => packet.cmd === 'pingreq' && pings() > before);
  }
}

function isAcknowledgement({ direction, packet }: RecordedPacket): boolean {
  return direction === 'toServer' && (packet.cmd === 'puback' || packet.cmd === 'pubrec');
}

export function payloadOf({ packet }: RecordedPacket): string {
  return packet.cmd === 'publish' ? packet.payload.toString() : '';
}
