import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Relayed {
  readonly client: Socket;
  readonly upstream: Socket;
  halfOpen: boolean;
}

/** The network between a worker and the broker. */
export class Proxy {
  readonly #relayed = new Set<Relayed>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(brokerUrl: string): Promise<Proxy> {
    const { hostname, port } = new URL(brokerUrl);
    const server = createServer((client) => proxy.#relay(client, connect(Number(port), hostname)));
    const proxy = new Proxy(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection; new ones are taken. */
  cut(): void {
    for (const { client, upstream } of this.#relayed) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  /** Nothing passes any more, and neither side hears of the other's end; new connections are taken. */
  halfOpen(): void {
    for (const relayed of this.#relayed) {
      relayed.halfOpen = true;
      for (const socket of [relayed.client, relayed.upstream]) {
        socket.removeAllListeners('data');
        socket.resume();
      }
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #relay(client: Socket, upstream: Socket): void {
    const relayed: Relayed = { client, upstream, halfOpen: false };
    this.#relayed.add(relayed);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', (chunk) => {
        if (to.write(chunk)) return;
        from.pause();
        to.once('drain', () => from.resume());
      });
      from.on('error', () => from.destroy());
      from.on('close', () => {
        if (!relayed.halfOpen) to.destroy();
        if (client.destroyed && upstream.destroyed) this.#relayed.delete(relayed);
      });
    }
  }
}
