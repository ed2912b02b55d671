import { once } from 'node:events';
import { connect } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import { payloadOf, TOPIC } from './drain.js';

const UNACKNOWLEDGED = 10_000;
const PER_WRITE = 500;

/** Publishes at QoS 1; resolves when the broker has acknowledged every message and so holds it for each session. */
export async function queue(url: string, messages: number): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lost = new Promise<never>((_, reject) => socket.once('error', reject));
  const reader = parser({ protocolVersion: 4 });
  let acknowledged = 0;
  let published = 0;
  const over = new Promise<void>((resolve) => {
    reader.on('packet', ({ cmd }: Packet) => {
      if (cmd === 'puback') acknowledged++;
      if (acknowledged === messages) resolve();
      while (published < messages && published - acknowledged <= UNACKNOWLEDGED - PER_WRITE) publish();
    });
  });
  socket.on('data', (chunk) => reader.parse(chunk));
  socket.write(generate({ cmd: 'connect', protocolVersion: 4, clientId: 'publisher', clean: true, keepalive: 0 }));
  await Promise.race([over, lost]);
  socket.end(generate({ cmd: 'disconnect' }));
  await once(socket, 'close');

  function publish(): void {
    const end = Math.min(messages, published + PER_WRITE);
    const packets: Buffer[] = [];
    for (; published < end; published++) {
      const messageId = (published % 65_535) + 1;
      const payload = payloadOf(published);
      packets.push(generate({ cmd: 'publish', topic: TOPIC, payload, qos: 1, dup: false, retain: false, messageId }));
    }
    socket.write(Buffer.concat(packets));
  }
}
