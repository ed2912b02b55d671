import { type AddressInfo, createServer, type Socket } from 'node:net';
import { generate, parser } from 'mqtt-packet';
import { obey, optionsOf, report } from './parent.js';

/** Sends every message to whoever subscribes, whatever window was announced and however little is acknowledged. */
const { qos, count, size } = optionsOf('pouring-broker');

const server = createServer((socket) => {
  let protocolVersion: 4 | 5 = 4;
  const reader = parser();
  socket.on('data', (chunk) => reader.parse(chunk));
  socket.on('error', () => socket.destroy());
  reader.on('error', () => socket.destroy());
  reader.on('packet', (packet) => {
    const answer = (reply: Parameters<typeof generate>[0]): void => {
      socket.write(generate(reply, { protocolVersion }));
    };
    switch (packet.cmd) {
      case 'connect':
        protocolVersion = packet.protocolVersion === 5 ? 5 : 4;
        answer({ cmd: 'connack', sessionPresent: false, returnCode: 0, reasonCode: 0 });
        break;
      case 'subscribe':
        answer({ cmd: 'suback', messageId: packet.messageId, granted: packet.subscriptions.map((each) => each.qos) });
        pour(socket, protocolVersion, 0);
        break;
      case 'pubrec':
        answer({ cmd: 'pubrel', messageId: packet.messageId });
        break;
      case 'pingreq':
        report({ type: 'pingreq' });
        answer({ cmd: 'pingresp' });
        break;
      case 'unsubscribe':
        answer({ cmd: 'unsuback', messageId: packet.messageId, granted: [0] });
        break;
      default:
    }
  });
});

/** Only what the network takes: the rest waits here, as it would in a broker's queue. */
function pour(socket: Socket, protocolVersion: 4 | 5, from: number): void {
  for (let next = from; next < count; next++) {
    const payload = `${next} `.padEnd(size, 'x');
    const messageId = qos === 0 ? undefined : (next % 65_535) + 1;
    const packet = { cmd: 'publish', topic: 'jobs/a', payload, qos, messageId, dup: false, retain: false } as const;
    if (!socket.write(generate(packet, { protocolVersion }))) {
      socket.once('drain', () => pour(socket, protocolVersion, next + 1));
      return;
    }
  }
}

server.listen(0, '127.0.0.1', () => report({ type: 'ready', port: (server.address() as AddressInfo).port }));
obey({ close: () => process.exit() });
