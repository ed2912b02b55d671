import type { MqttClient } from 'mqtt';
import type { IncomingPackets } from './incoming-packets.js';

/**
 * Keeps a connection alive while the PINGRESP that mqtt.js waits for cannot be read.
 *
 * While reading is paused, and while messages that were sent before it are still being read, PINGRESP is late without
 * the server being gone. Twice in each Keep Alive this asks whether that is so, and then sends PINGREQ itself and puts
 * mqtt.js's own timeout off. A server that dies during a pause is noticed once reading goes on.
 */
export class KeepaliveGuard {
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: MqttClient,
    private readonly incoming: IncomingPackets,
  ) {
    const seconds = client.keepalive;
    if (seconds > 0) this.timer = setInterval(() => this.look(), seconds * 500);
  }

  private look(): void {
    if (!this.incoming.tookAnySinceLastLook() && !this.incoming.isPaused) return;
    this.client.sendPing();
    this.client.reschedulePing(true);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
