import { ClientProxy } from '@nestjs/microservices';
import { NEVER, type Observable } from 'rxjs';
import type { Codec } from '../../lib/payload/codec.js';
import { resolveCodec } from '../../lib/payload/resolve-codec.js';
import { Publisher } from '../../lib/publishing/publisher.js';
import { isReply } from '../../lib/reply/is-reply.js';
import type { NormalizePattern } from '../../lib/reply/nest-envelope.js';
import { openMessage, type OpenedMessage } from '../../lib/reply/open-message.js';
import { ReplyStream } from '../../lib/reply/reply-stream.js';
import { Brokers } from '../../lib/session/brokers.js';
import { wireOptions } from '../../lib/session/wire-options.js';
import type { InboundPublish, Wire } from '../../lib/session/wire.js';

const { normalizePattern } = ClientProxy.prototype as unknown as { normalizePattern: NormalizePattern };

export interface Worker {
  /** What it handled, by topic and data. */
  readonly handled: OpenedMessage[];
  /** Topics of replies that its filter covers, and that it ignored. */
  readonly ignored: string[];
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly url: string;
  readonly protocolVersion: 4 | 5;
  readonly filter: string;
  readonly codec?: Codec;
  handle(message: OpenedMessage): Observable<unknown>;
}

let count = 0;

/** A worker without Nest: the reply layer and the publisher over one connection. */
export async function startWorker({ url, protocolVersion, filter, codec, handle }: WorkerOptions): Promise<Worker> {
  const handled: OpenedMessage[] = [];
  const ignored: string[] = [];
  const publisher = new Publisher();
  const resolved = resolveCodec(codec);
  const connection = { clientId: `worker${++count}`, clean: true, sessionExpiryInterval: 0 };
  const wire: Wire = await new Brokers(url).open(wireOptions({ protocolVersion }, connection), {
    publish: (packet) => {
      answer(packet).catch((error: unknown) => {
        throw error;
      });
      return true;
    },
    released: () => {},
    closed: () => publisher.disconnected(),
  });
  async function answer(packet: InboundPublish): Promise<void> {
    const { topic, properties, payload, packetId, qos } = packet;
    if (isReply(topic, properties, payload)) {
      ignored.push(topic);
    } else {
      const opened = openMessage(packet, resolved, normalizePattern);
      handled.push(opened);
      const { replyTarget } = opened;
      if (replyTarget !== undefined) {
        const stream = new ReplyStream(replyTarget, {
          codec: resolved,
          send: (message, done) => void publisher.send(message, done),
        });
        await new Promise<void>((resolve, reject) => {
          handle(opened).subscribe({
            next: (value) => stream.next(value),
            complete: () => void stream.complete().then(resolve, reject),
            error: (error) => void stream.error(error).then(resolve, reject),
          });
        });
      }
    }
    if (qos !== 0) wire.acknowledge({ packetId, qos, reasonCode: 0 });
  }
  publisher.connected(wire);
  wire.resume();
  await wire.subscribe([{ filter, qos: 1 }]);
  const stop = async (): Promise<void> => {
    await publisher.close(1_000);
    await wire.disconnect();
  };
  return { handled, ignored, stop };
}

/** A subscriber that keeps what arrives; `all` resolves with it, each once and sorted, when nothing is missing. */
export async function startCollector(
  options: Pick<WorkerOptions, 'url' | 'protocolVersion' | 'filter'>,
  expected: readonly string[],
): Promise<Worker & { readonly all: Promise<string[]> }> {
  const missing = new Set(expected);
  const arrived = new Set<string>();
  let complete!: (all: string[]) => void;
  const all = new Promise<string[]>((resolve) => (complete = resolve));
  const decode = (payload: Buffer): void => {
    arrived.add(payload.toString());
    missing.delete(payload.toString());
    if (missing.size === 0) complete([...arrived].sort((a, b) => Number(a) - Number(b)));
  };
  const worker = await startWorker({ ...options, codec: { encode: String, decode }, handle: () => NEVER });
  return { ...worker, all };
}
