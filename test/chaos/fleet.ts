import { setTimeout } from 'node:timers/promises';
import type { Ledger } from './ledger.js';
import { GROUP } from './protocol.js';
import { Proxy } from './proxy.js';
import type { Planned } from './schedule.js';
import { ScriptProcess } from './script-process.js';

export interface FleetOptions {
  readonly brokerUrl: string;
  readonly protocolVersion: 4 | 5;
  readonly concurrency: number;
  readonly seed: number;
}

interface Place {
  readonly number: number;
  readonly proxy: Proxy;
  worker: ScriptProcess<'worker'>;
  name: string;
  generation: number;
  /** What is being done to it; the next fault waits for that. */
  last: Promise<void>;
}

const ADOPTION_AFTER = 1000;
/** Seconds; short, so that a half-open connection is noticed. */
const KEEPALIVE = 3;

/** The workers, each behind a network of its own, and what can happen to them. */
export class Fleet {
  readonly #places: Place[] = [];

  constructor(
    private readonly options: FleetOptions,
    private readonly ledger: Ledger,
  ) {}

  async start(workers: number): Promise<void> {
    for (let number = 0; number < workers; number++) {
      const proxy = await Proxy.start(this.options.brokerUrl);
      this.#places.push({ number, proxy, ...this.#newWorker(number, proxy, 0), last: Promise.resolve() });
    }
    await Promise.all(this.#places.map(({ worker }) => worker.ready));
  }

  /** The workers that live. */
  get names(): string[] {
    return this.#places.map(({ name }) => name);
  }

  /** Resolves when it has happened, and the worker or its replacement works. */
  inflict({ fault, place: number, lasts }: Planned): Promise<void> {
    const place = this.#places[number];
    if (place === undefined) throw new Error(`There is no place ${number}.`);
    place.last = place.last.then(async () => {
      this.ledger.note(place.name, fault);
      if (fault === 'kill') await this.#kill(place);
      else if (fault === 'terminate') await this.#terminate(place);
      else if (fault === 'stop') await this.#stop(place, lasts);
      else if (fault === 'cut') place.proxy.cut();
      else place.proxy.halfOpen();
    });
    return place.last;
  }

  /** Kills all at once; others start after `milliseconds`. */
  async killAll(milliseconds: number): Promise<void> {
    await Promise.all(this.#places.map((place) => this.#die(place)));
    await setTimeout(milliseconds);
    await Promise.all(this.#places.map((place) => this.#replace(place)));
  }

  /** Resolves with the names of workers that did not end by themselves. */
  async close(): Promise<string[]> {
    const stuck = await Promise.all(
      this.#places.map(async ({ worker, name }) => ((await worker.end('SIGTERM')) ? [] : [name])),
    );
    await Promise.all(this.#places.map(({ proxy }) => proxy.close()));
    return stuck.flat();
  }

  async #kill(place: Place): Promise<void> {
    await this.#die(place);
    await this.#replace(place);
  }

  async #die(place: Place): Promise<void> {
    this.ledger.died(place.name, `${place.name}:${GROUP}:0`);
    await place.worker.end('SIGKILL');
  }

  /** The replacement works first, as in a deployment: without any subscription a broker drops what is published. */
  async #terminate(place: Place): Promise<void> {
    const { worker, name } = place;
    await this.#replace(place);
    const inTime = await worker.end('SIGTERM');
    this.ledger.note(name, inTime ? 'ended' : 'did not end in time and was killed');
  }

  async #stop(place: Place, milliseconds: number): Promise<void> {
    place.worker.signal('SIGSTOP');
    await setTimeout(milliseconds);
    place.worker.signal('SIGCONT');
  }

  async #replace(place: Place): Promise<void> {
    Object.assign(place, this.#newWorker(place.number, place.proxy, place.generation + 1));
    await place.worker.ready;
  }

  #newWorker(number: number, proxy: Proxy, generation: number): Pick<Place, 'worker' | 'name' | 'generation'> {
    const { protocolVersion, concurrency, seed } = this.options;
    const name = `w${number}-${generation}`;
    const server = {
      url: proxy.url,
      clientId: name,
      protocolVersion,
      concurrency,
      adoption: { after: ADOPTION_AFTER },
      keepalive: KEEPALIVE,
      redeliverAfter: 3000,
    };
    const options = { server, seed: seed + number * 1000 + generation };
    const worker = new ScriptProcess('worker', options, (report) => this.ledger.record(name, report));
    return { worker, name, generation };
  }
}
