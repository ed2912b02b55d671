import { setTimeout } from 'node:timers/promises';
import type { OnErrorOptions } from 'nestjs-mqtt-shared';
import type { Guard } from './guard.js';
import type { Ledger } from './ledger.js';
import { GROUP } from './protocol.js';
import { Proxy, type Release } from './proxy.js';
import type { Planned } from './schedule.js';
import { ScriptProcess } from './script-process.js';

export interface FleetOptions {
  readonly brokerUrl: string;
  readonly protocolVersion: 4 | 5;
  readonly qos: 1 | 2;
  readonly concurrency: number;
  readonly seed: number;
  readonly misbehaves: boolean;
  readonly poison: OnErrorOptions | undefined;
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

/** Milliseconds. */
export const ADOPTION_AFTER = 1000;
export const REDELIVER_AFTER = 3000;
/** Seconds; short, so that a half-open connection is noticed. */
const KEEPALIVE = 3;
/** Milliseconds after a stop in which a worker finds out what it has missed. */
const AFTERMATH = KEEPALIVE * 1500;
const TRIES_TO_START = 20;

/** The workers, each behind a network of its own, and what can happen to them. */
export class Fleet {
  readonly #places: Place[] = [];
  /** What is done to the workers that are being replaced. */
  readonly #replacing = new Set<Promise<void>>();

  constructor(
    private readonly guard: Guard,
    private readonly options: FleetOptions,
    private readonly ledger: Ledger,
  ) {}

  async start(workers: number): Promise<void> {
    for (let number = 0; number < workers; number++) {
      const proxy = await Proxy.start(this.options.brokerUrl, (release) => this.#released(release));
      this.#places.push({ number, proxy, ...this.#newWorker(number, proxy, 0), last: Promise.resolve() });
    }
    // A broker may take connections before it takes clients.
    await Promise.all(this.#places.map((place) => place.worker.ready.catch(() => this.#replace(place))));
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
    this.ledger.startsAnew('workers');
  }

  brokerGoes(): void {
    for (const { proxy } of this.#places) proxy.blame('broker');
  }

  /** Resolves with the names of workers that did not end by themselves. */
  async close(): Promise<string[]> {
    const stuck = await Promise.all(
      this.#places.map(async ({ worker, name }) => ((await worker.end('SIGTERM')) ? [] : [name])),
    );
    await Promise.all(this.#places.map(({ proxy }) => proxy.close()));
    return stuck.flat();
  }

  #released(release: Release): void {
    const [worker = '', group] = release.session.split(':');
    if (group !== GROUP) return;
    this.ledger.released(release);
    // Whoever comes back to a session after a cut knows what runs of it; an adopter does not come back.
    if (release.blame !== 'cut' || !this.names.includes(worker)) this.ledger.takeovers++;
  }

  /** Half of the workers are left at the least: how long jobs wait for too few of them is not what is measured. */
  async #kill(place: Place): Promise<void> {
    while (this.#replacing.size >= Math.max(1, Math.floor(this.#places.length / 2)))
      await Promise.race(this.#replacing);
    const replaced = this.#die(place).then(() => this.#replace(place));
    this.#replacing.add(replaced);
    await replaced.finally(() => this.#replacing.delete(replaced));
  }

  async #die({ name, proxy, worker }: Place): Promise<void> {
    const session = `${name}:${GROUP}:0`;
    this.ledger.killed.push(name);
    // It may have been about to connect again.
    if (!proxy.has(session)) this.#released({ session, blame: 'kill' });
    proxy.blame('kill');
    await worker.end('SIGKILL');
  }

  /** The replacement works first, as in a deployment: without any subscription a broker drops what is published. */
  async #terminate(place: Place): Promise<void> {
    const { worker, name } = place;
    await this.#replace(place);
    const inTime = await worker.end('SIGTERM');
    this.ledger.note(name, inTime ? 'ended' : 'did not end in time and was killed');
  }

  async #stop({ proxy, worker, name }: Place, milliseconds: number): Promise<void> {
    proxy.blame('stop');
    worker.signal('SIGSTOP');
    await setTimeout(milliseconds);
    worker.signal('SIGCONT');
    this.ledger.continued.push({ at: this.ledger.now, worker: name });
    void setTimeout(AFTERMATH).then(() => proxy.forgive('stop'));
  }

  /** Starts until it works, as whoever supervises workers does: without a broker `listen()` fails. */
  async #replace(place: Place): Promise<void> {
    for (let tries = 1; ; tries++) {
      Object.assign(place, this.#newWorker(place.number, place.proxy, place.generation + 1));
      try {
        await place.worker.ready;
        return;
      } catch (error) {
        if (tries === TRIES_TO_START) throw error;
      }
    }
  }

  #newWorker(number: number, proxy: Proxy, generation: number): Pick<Place, 'worker' | 'name' | 'generation'> {
    const { protocolVersion, qos, concurrency, seed, misbehaves, poison } = this.options;
    const name = `w${number}-${generation}`;
    const server = {
      url: proxy.url,
      clientId: name,
      protocolVersion,
      qos,
      concurrency,
      adoption: { after: ADOPTION_AFTER },
      keepalive: KEEPALIVE,
      redeliverAfter: REDELIVER_AFTER,
    };
    const options = { server, seed: seed + number * 1000 + generation, misbehaves, poison };
    const worker = new ScriptProcess(
      this.guard,
      'worker',
      options,
      (report) => this.ledger.record(name, report),
      (how) => this.ledger.crashed.push(`${name} ${how}`),
    );
    return { worker, name, generation };
  }
}
