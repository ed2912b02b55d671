import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { generate, parser, type IConnackPacket, type IConnectPacket, type Packet } from 'mqtt-packet';

const PATIENCE = 8_000;

/** One connection of a client under test; it answers CONNECT and PINGREQ unless told not to, and nothing else. */
export class ScriptedConnection {
  readonly packets: Packet[] = [];
  readonly closed: Promise<void>;
  /** The client has closed its side; the server's may be open still. */
  readonly left: Promise<void>;
  answersPings = true;
  private readonly watchers = new Set<() => void>();
  protocolVersion: 4 | 5 = 4;

  constructor(
    private readonly socket: Socket,
    private readonly script: (connection: ScriptedConnection, connect: IConnectPacket) => void,
  ) {
    socket.setNoDelay(true);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.left = new Promise((resolve) => socket.once('end', () => resolve()));
    const reader = parser();
    reader.on('packet', (packet) => this.received(packet));
    socket.on('data', (chunk) => reader.parse(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.wake());
  }

  /** Bytes that the client has not read and the kernel does not take. */
  get unsentBytes(): number {
    return this.socket.writableLength;
  }

  get open(): boolean {
    return !this.socket.destroyed;
  }

  /** All packets leave in one write. */
  send(...packets: Packet[]): void {
    this.write(this.encode(...packets));
  }

  encode(...packets: Packet[]): Buffer {
    return Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: this.protocolVersion })));
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** CONNACK, and what comes with it in the same write. */
  accept(connack: Partial<IConnackPacket> = {}, ...more: Packet[]): void {
    this.send(this.connack(connack), ...more);
  }

  connack(connack: Partial<IConnackPacket> = {}): IConnackPacket {
    return { cmd: 'connack', sessionPresent: false, returnCode: 0, reasonCode: 0, ...connack };
  }

  of<C extends Packet['cmd']>(cmd: C): Extract<Packet, { cmd: C }>[] {
    return this.packets.filter((packet): packet is Extract<Packet, { cmd: C }> => packet.cmd === cmd);
  }

  /** The packet number `count` of this kind, when it has come. */
  async waitFor<C extends Packet['cmd']>(cmd: C, count = 1): Promise<Extract<Packet, { cmd: C }>> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.watchers.delete(look);
        settle();
      };
      const fail = (why: string): void => {
        const seen = this.packets.map((packet) => packet.cmd).join(', ');
        finish(() => reject(new Error(`${why}: ${cmd} number ${count}. Received: ${seen}`)));
      };
      const look = (): void => {
        const packet = this.of(cmd)[count - 1];
        if (packet !== undefined) finish(() => resolve(packet));
        else if (this.socket.destroyed) fail('The connection ended first');
      };
      const timer = setTimeout(() => fail(`Not within ${PATIENCE} ms`), PATIENCE);
      this.watchers.add(look);
      look();
    });
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private received(packet: Packet): void {
    this.packets.push(packet);
    if (packet.cmd === 'connect') {
      this.protocolVersion = packet.protocolVersion === 5 ? 5 : 4;
      this.script(this, packet);
    }
    if (packet.cmd === 'pingreq' && this.answersPings) this.send({ cmd: 'pingresp' });
    if (packet.cmd === 'disconnect') this.disconnected();
    this.onPacket(packet);
    this.wake();
  }

  /** Replaced by a test whose server answers more than CONNECT and PINGREQ. */
  onPacket: (packet: Packet) => void = () => {};

  /** Replaced by a test whose server does not close the connection after DISCONNECT. */
  disconnected: () => void = () => this.socket.end();

  private wake(): void {
    for (const watcher of this.watchers) watcher();
  }
}

/** A server on a free loopback port whose every packet the test decides. */
export class ScriptedServer {
  readonly connections: ScriptedConnection[] = [];
  /** What a CONNECT is answered with. */
  script: (connection: ScriptedConnection, connect: IConnectPacket) => void = (connection) => connection.accept();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.connections.push(new ScriptedConnection(socket, (connection, connect) => this.script(connection, connect)));
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptedServer(server);
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The connection that came last. */
  get connection(): ScriptedConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('Nobody has connected');
    return connection;
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
