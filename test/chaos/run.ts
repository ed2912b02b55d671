import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { OnErrorOptions } from 'nestjs-mqtt-shared';
import { RawClient } from '../support/raw-client.js';
import { brokerOf } from './brokers.js';
import { Fleet } from './fleet.js';
import { Guard } from './guard.js';
import { Ledger } from './ledger.js';
import type { ChaosOptions } from './options.js';
import { GROUP } from './protocol.js';
import type { Fault, Planned } from './schedule.js';
import { ScriptProcess } from './script-process.js';
import { type RunningBroker, startBroker } from './start-broker.js';

/** Milliseconds. */
const LOOK = 100;
/** Without a job that had not run before, after which what has not run is lost. */
const STALLED_AFTER = 45_000;
/** For every worker to get a job. */
const LAST_ROUNDS_WITHIN = 30_000;
const LAST_ROUND_SECONDS = 1;
/** So many that a broker which does not share evenly needs all of them. */
const LAST_ROUND_FOR_EACH = 50;

/** How workers deal with their jobs. */
export interface Handling {
  readonly misbehaves: boolean;
  readonly poison: OnErrorOptions | undefined;
}

/** A broker, its workers and publishers, and what is known of them. */
export class Run {
  fleet: Fleet;
  /** Number of the next job. */
  #next = 0;
  #brokerBusy = Promise.resolve();

  private constructor(
    readonly options: ChaosOptions,
    readonly ledger: Ledger,
    private readonly guard: Guard,
    private readonly broker: RunningBroker,
    handling: Handling,
  ) {
    this.fleet = this.#newFleet(handling);
  }

  static async start(options: ChaosOptions, handling: Handling): Promise<Run> {
    if (options.trace !== undefined) await mkdir(options.trace, { recursive: true });
    const guard = await Guard.start();
    const run = new Run(
      options,
      new Ledger(options.version, brokerOf(options.broker)),
      guard,
      await startBroker(options, guard),
      handling,
    );
    await run.fleet.start(options.workers);
    return run;
  }

  #newFleet(handling: Handling): Fleet {
    const { version, qos, concurrency, seed } = this.options;
    const broker = { brokerUrl: this.broker.url, protocolVersion: version, qos };
    return new Fleet(this.guard, { ...broker, concurrency, seed, ...handling }, this.ledger);
  }

  /** Other workers, after those of now have ended. */
  async startOthers(handling: Handling): Promise<void> {
    this.fleet = this.#newFleet(handling);
    await this.fleet.start(this.options.workers);
  }

  /** Begins to publish; resolves with the number of the first job. */
  async publish(jobs: number, seconds: number, { poisoned = false } = {}): Promise<number> {
    const { version: protocolVersion, qos, broker } = this.options;
    const first = this.#next;
    this.#next += jobs;
    if (poisoned) this.ledger.poison = first;
    const { poison } = this.ledger;
    const requireSubscribers = protocolVersion === 5 && brokerOf(broker).forgetsSharedSubscriptions;
    const work = { url: this.broker.url, protocolVersion, qos, requireSubscribers, first, jobs, seconds, poison };
    this.ledger.publishing++;
    await new ScriptProcess(this.guard, 'publisher', work, (report) => this.ledger.record('publisher', report)).ready;
    return first;
  }

  async carryOut(schedule: readonly Planned[], brokerSignal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const begun = performance.now();
    const under: Promise<void>[] = [];
    for (const planned of schedule) {
      await setTimeout(Math.max(0, planned.at - (performance.now() - begun)));
      const isOfBroker = planned.fault === ('restart' satisfies Fault);
      under.push(isOfBroker ? this.restartBroker(brokerSignal, planned.lasts) : this.fleet.inflict(planned));
    }
    await Promise.all(under);
  }

  /** The broker is away for so many milliseconds. */
  restartBroker(signal: 'SIGTERM' | 'SIGKILL', milliseconds: number): Promise<void> {
    this.#brokerBusy = this.#brokerBusy.then(async () => {
      const { ledger, broker, fleet } = this;
      fleet.brokerGoes();
      ledger.brokerGoes(signal);
      await broker.down(signal);
      await setTimeout(milliseconds);
      await broker.up();
      ledger.brokerReturns();
    });
    return this.#brokerBusy;
  }

  async everythingHasRun(): Promise<void> {
    const { ledger } = this;
    ledger.lastProgress = performance.now();
    while (ledger.publishing > 0 || ledger.lost.length > 0) {
      if (performance.now() - ledger.lastProgress > STALLED_AFTER) return;
      await setTimeout(LOOK);
    }
  }

  /** Resolves with the workers that get no jobs: one can be connected and subscribed to nothing. */
  async idleWorkers(): Promise<string[]> {
    const from = this.#next;
    const deadline = performance.now() + LAST_ROUNDS_WITHIN;
    let idle: string[];
    do {
      await this.publish(this.options.workers * LAST_ROUND_FOR_EACH, LAST_ROUND_SECONDS);
      await this.everythingHasRun();
      idle = this.ledger.idle(this.fleet.names, from);
    } while (idle.length > 0 && performance.now() < deadline);
    return idle;
  }

  /** Somebody who hears what is published to this filter from now on. */
  async observe(filter: string): Promise<RawClient> {
    const { version: protocolVersion } = this.options;
    const observer = await RawClient.connect(this.broker.url, { protocolVersion, clientId: 'observer' });
    await observer.subscribe(filter);
    return observer;
  }

  /** The presence that is still retained for the group. */
  async presenceLeft(): Promise<string[]> {
    const observer = await this.observe(`nestjs-mqtt-shared/presence/${GROUP}/+`);
    await observer.ping();
    await observer.disconnect();
    return observer.payloads;
  }

  async stop(): Promise<void> {
    const { options, ledger, broker } = this;
    if (options.trace !== undefined) {
      const lines = ledger.lines.map(({ at, who, what }) => `${at} ${who} ${what}`);
      const histories = Array.from({ length: this.#next }, (_, id) => ledger.history(id));
      await writeFile(join(options.trace, 'run.log'), [...lines, ...histories, ''].join('\n'));
    }
    await broker.stop();
  }
}
