import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { parser } from 'mqtt-packet';

/** What has been done to a connection. */
export type Blame = 'kill' | 'cut' | 'half-open' | 'stop' | 'broker';

/** A Client Identifier is without a connection now, and the broker can know it. */
export interface Release {
  readonly session: string;
  readonly blame: Blame;
}

interface Relayed {
  readonly client: Socket;
  readonly upstream: Socket;
  session: string | undefined;
  blame: Blame | undefined;
  halfOpen: boolean;
}

/** The network between a worker and the broker. */
export class Proxy {
  readonly #relayed = new Set<Relayed>();
  readonly #server: Server;
  readonly #released: (release: Release) => void;

  private constructor(server: Server, released: (release: Release) => void) {
    this.#server = server;
    this.#released = released;
  }

  /** `released` is called when a connection has ended at the broker's side to which something was done. */
  static async start(brokerUrl: string, released: (release: Release) => void): Promise<Proxy> {
    const { hostname, port } = new URL(brokerUrl);
    const server = createServer((client) => proxy.#relay(client, connect(Number(port), hostname)));
    const proxy = new Proxy(server, released);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** If a connection of now ends, that is why. */
  blame(blame: Blame): void {
    for (const relayed of this.#relayed) relayed.blame = blame;
  }

  /** Whether the broker still takes this Client Identifier for connected. */
  has(session: string): boolean {
    return [...this.#relayed].some((relayed) => relayed.session === session && !relayed.upstream.destroyed);
  }

  /** Connections that have outlived it owe their ends to something else. */
  forgive(blame: Blame): void {
    for (const relayed of this.#relayed) {
      if (relayed.blame === blame) relayed.blame = undefined;
    }
  }

  /** Breaks every connection; new ones are taken. */
  cut(): void {
    this.blame('cut');
    for (const { client, upstream } of this.#relayed) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  /** Nothing passes any more, and neither side hears of the other's end; new connections are taken. */
  halfOpen(): void {
    this.blame('half-open');
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
    const relayed: Relayed = { client, upstream, session: undefined, blame: undefined, halfOpen: false };
    this.#relayed.add(relayed);
    this.#readClientId(relayed);
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
    upstream.on('close', () => {
      const { session, blame } = relayed;
      if (session !== undefined && blame !== undefined) this.#released({ session, blame });
    });
  }

  #readClientId(relayed: Relayed): void {
    const reader = parser();
    const read = (chunk: Buffer): void => void reader.parse(chunk);
    reader.once('packet', (packet) => {
      if (packet.cmd === 'connect') relayed.session = packet.clientId;
      relayed.client.off('data', read);
    });
    relayed.client.on('data', read);
  }
}
