import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import { parser, type Packet } from 'mqtt-packet';

export type Direction = 'toServer' | 'toClient';

export interface RecordedPacket {
  readonly direction: Direction;
  readonly packet: Packet;
  /** Milliseconds of `performance.now()` at which the packet was complete here. */
  readonly at: number;
  /** Which of the proxy's connections, from 1. */
  readonly connection: number;
}

export type RecordedPredicate = (recorded: RecordedPacket) => boolean;

/** What is on the wire between clients and a broker, packet by packet, in the order in which it passed. */
export interface RecordingProxy {
  readonly url: string;
  readonly port: number;
  readonly recorded: readonly RecordedPacket[];
  packets(filter?: RecordedPredicate): RecordedPacket[];
  /** The first packet that matches, of those that have passed and those that will. */
  waitFor(predicate: RecordedPredicate, timeout?: number): Promise<RecordedPacket>;
  /** Breaks every connection through the proxy; new ones are taken. */
  cut(): void;
  close(): Promise<void>;
}

interface Waiter {
  readonly predicate: RecordedPredicate;
  readonly resolve: (recorded: RecordedPacket) => void;
}

export async function startRecordingProxy(brokerUrl: string): Promise<RecordingProxy> {
  const { hostname, port } = new URL(brokerUrl);
  const recorded: RecordedPacket[] = [];
  const waiters = new Set<Waiter>();
  const sockets = new Set<Socket>();
  let connections = 0;

  const record = (entry: RecordedPacket): void => {
    recorded.push(entry);
    for (const waiter of waiters) if (waiter.predicate(entry)) waiter.resolve(entry);
  };

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const connection = ++connections;
    const note = (direction: Direction) => (packet: Packet) =>
      record({ direction, packet, at: performance.now(), connection });
    const fromClient = parser();
    let fromServer = parser({ protocolVersion: 4 });
    fromServer.on('packet', note('toClient'));
    fromClient.on('packet', (packet) => {
      if (packet.cmd === 'connect') {
        fromServer = parser({ protocolVersion: packet.protocolVersion });
        fromServer.on('packet', note('toClient'));
        fromServer.on('error', ignore);
      }
      note('toServer')(packet);
    });
    fromClient.on('error', ignore);
    fromServer.on('error', ignore);
    relay(client, upstream, (chunk) => fromClient.parse(chunk));
    relay(upstream, client, (chunk) => fromServer.parse(chunk));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;

  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    port: address.port,
    recorded,
    packets: (filter = () => true) => recorded.filter(filter),
    waitFor: (predicate, timeout = 5000) => {
      const passed = recorded.find(predicate);
      if (passed) return Promise.resolve(passed);
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          predicate,
          resolve: (entry) => {
            clearTimeout(timer);
            waiters.delete(waiter);
            resolve(entry);
          },
        };
        const timer = setTimeout(() => {
          waiters.delete(waiter);
          const seen = recorded.map(({ direction, packet }) => `${direction} ${packet.cmd} ${packet.messageId ?? ''}`);
          reject(new Error(`No such packet within ${timeout} ms. Seen:\n${seen.join('\n')}`));
        }, timeout);
        waiters.add(waiter);
      });
    },
    cut,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

/** The proxy judges nothing: what it cannot parse still passes, unrecorded. */
function ignore(): void {}

/** Bytes are recorded before they are passed on, so that whoever reacts to a packet finds it in the record. */
function relay(from: Socket, to: Socket, record: (chunk: Buffer) => void): void {
  from.setNoDelay(true);
  from.on('data', (chunk) => {
    record(chunk);
    if (!to.write(chunk)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
  from.on('end', () => to.end());
  from.on('close', () => to.destroy());
  from.on('error', () => to.destroy());
}
