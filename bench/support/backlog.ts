import { once } from 'node:events';
import { connect } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import type { QoS } from '../../lib/session/wire.js';
import { payloadOf, SMALL, TOPIC } from './job.js';

export interface Backlog {
  readonly messages: number;
  /** Default 1. */
  readonly qos?: QoS;
  /** Of each payload; default 100. */
  readonly bytes?: number;
  /** Default: the same for all. */
  readonly topicOf?: (id: number) => string;
}

const UNACKNOWLEDGED = 10_000;
/** On 3.1.1 Mosquitto discards what goes beyond its `max_inflight_messages`, without a word. */
const UNACKNOWLEDGED_QOS_2 = 100;
const BYTES_ON_THE_WAY = 16 * 1024 * 1024;
const PER_WRITE = 500;

/** Resolves when the broker has taken every message, and so holds it for each session. */
export async function queue(url: string, { messages, qos = 1, bytes = SMALL, topicOf }: Backlog): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lost = new Promise<never>((_, reject) => socket.once('error', reject));
  const reader = parser({ protocolVersion: 4 });
  const most = Math.min(qos === 2 ? UNACKNOWLEDGED_QOS_2 : UNACKNOWLEDGED, Math.ceil(BYTES_ON_THE_WAY / bytes));
  const perWrite = Math.ceil(Math.min(PER_WRITE, most / 4));
  let acknowledged = 0;
  let published = 0;
  const over = new Promise<void>((resolve) => {
    reader.on('packet', ({ cmd, messageId }: Packet) => {
      if (cmd === 'pubrec') socket.write(generate({ cmd: 'pubrel', messageId }));
      if (cmd === (qos === 2 ? 'pubcomp' : 'puback')) acknowledged++;
      // What was sent before PINGREQ has been taken when PINGRESP comes.
      if (cmd === 'pingresp') acknowledged = published;
      if (acknowledged === messages) resolve();
      while (published < messages && published - acknowledged <= most - perWrite) publish();
    });
  });
  socket.on('data', (chunk) => reader.parse(chunk));
  socket.write(generate({ cmd: 'connect', protocolVersion: 4, clientId: 'publisher', clean: true, keepalive: 0 }));
  await Promise.race([over, lost]);
  socket.end(generate({ cmd: 'disconnect' }));
  await once(socket, 'close');

  function publish(): void {
    const end = Math.min(messages, published + perWrite);
    const packets: Buffer[] = [];
    for (; published < end; published++) {
      const messageId = (published % 65_535) + 1;
      const topic = topicOf?.(published) ?? TOPIC;
      const payload = payloadOf(published, bytes);
      packets.push(generate({ cmd: 'publish', topic, payload, qos, dup: false, retain: false, messageId }));
    }
    if (qos === 0) packets.push(generate({ cmd: 'pingreq' }));
    socket.write(Buffer.concat(packets));
  }
}
