import type { MqttClient } from 'mqtt';

interface Ping {
  readonly number: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The PINGREQs that somebody waits for, among those that mqtt.js sends to keep the connection alive. */
export class Pings {
  private sent = 0;
  private answered = 0;
  private waiting: Ping[] = [];

  constructor(private readonly client: MqttClient) {
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') this.sent++;
    });
    client.on('packetreceive', ({ cmd }) => {
      if (cmd === 'pingresp') this.answer();
    });
  }

  send(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.sendPing();
      this.waiting.push({ number: this.sent, resolve, reject });
    });
  }

  private answer(): void {
    this.answered++;
    while (this.waiting[0] !== undefined && this.waiting[0].number <= this.answered) this.waiting.shift()?.resolve();
  }

  ended(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const ping of waiting) ping.reject(new Error('The connection ended before PINGRESP.'));
  }
}
