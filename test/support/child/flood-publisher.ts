import { connect } from 'node:net';
import { generate, parser } from 'mqtt-packet';
import { obey, optionsOf, report } from './parent.js';

/** Publishes at QoS 1 and 3.1.1, as fast as the broker takes it. */
const { port, count, size } = optionsOf('flood-publisher');

const socket = connect(port, '127.0.0.1');
const reader = parser({ protocolVersion: 4 });
let acknowledged = 0;
reader.on('packet', (packet) => {
  if (packet.cmd === 'connack') publish(0);
  if (packet.cmd === 'puback' && ++acknowledged === count) report({ type: 'taken' });
});
socket.on('data', (chunk) => reader.parse(chunk));
socket.write(
  generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'flood', keepalive: 0 }),
);

function publish(from: number): void {
  for (let next = from; next < count; next++) {
    const payload = `${next} `.padEnd(size, 'x');
    const messageId = (next % 65_535) + 1;
    const packet = { cmd: 'publish', topic: 'jobs/a', payload, qos: 1, messageId, dup: false, retain: false } as const;
    if (!socket.write(generate(packet))) {
      socket.once('drain', () => publish(next + 1));
      return;
    }
  }
}

obey({ close: () => process.exit() });
report({ type: 'ready' });
