import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { Child } from './child.js';
import { Ledger } from './ledger.js';
import type { Summary } from './summary.js';
import { WorkerProcess } from './worker-process.js';

const WORKERS = ['worker-1', 'worker-2', 'worker-3'];
/** Milliseconds without a handled job after which none is expected any more; the longest job takes 250. */
const QUIET = 2_000;
const LINES_KEPT = 100;

/** The broker, the publisher and the workers, and what became of every job. */
export class Demo {
  readonly ledger = new Ledger();
  /** What the processes had to say, line by line. */
  readonly lines: string[] = [];
  /** A random part keeps runs apart that use the same broker. */
  readonly queue = `jobs-${randomBytes(3).toString('hex')}`;
  /** Where there is none, `MQTT_URL` says which broker to use. */
  readonly broker = process.env.MQTT_URL ? undefined : new EmbeddedBroker();
  workers: readonly WorkerProcess[] = [];
  url = process.env.MQTT_URL ?? '';
  isFinishing = false;
  private publisher: Child | undefined;
  private readonly handledBeforeKill = new Map<WorkerProcess, number>();
  private lastHandledAt = 0;
  private lastKillAt = 0;

  get where(): string {
    return this.broker ? `embedded broker on ${this.url}` : 'on the broker of MQTT_URL';
  }

  get publisherPid(): number | undefined {
    return this.publisher?.pid;
  }

  /** Milliseconds since a worker was killed. */
  get sinceKill(): number {
    return performance.now() - this.lastKillAt;
  }

  /** Resolves when all workers are members of the group and the publisher has begun. */
  async start(): Promise<void> {
    if (this.broker !== undefined) {
      await this.broker.listen();
      this.url = this.broker.url;
    }
    this.watchReleases();
    const env = { MQTT_URL: this.url, QUEUE: this.queue };
    const line = (text: string) => void this.lines.splice(0, this.lines.push(text) - LINES_KEPT);
    const handled = (id: number) => this.handled(id);
    this.workers = WORKERS.map((name) => new WorkerProcess(name, env, { handled, line }));
    await Promise.all(this.workers.map((worker) => worker.start()));
    this.publisher = new Child({
      entry: 'publisher',
      env,
      report: (report) => report.type === 'published' && this.ledger.markPublished(report.id),
      line: (text) => line(`publisher: ${text}`),
    });
    await this.publisher.ready;
  }

  /** The embedded broker can be asked which jobs it has let go of, so that a lost one is seen at once. */
  private watchReleases(): void {
    const release = ({ topic, payload }: { topic: string; payload: Buffer }) => {
      if (!topic.startsWith(`${this.queue}/`)) return;
      const { id } = JSON.parse(payload.toString()) as { id: number };
      this.ledger.markReleased(id);
    };
    this.broker?.on('acknowledge', release);
    this.broker?.on('drop', release);
  }

  private handled(id: number): boolean {
    this.lastHandledAt = performance.now();
    return this.ledger.markHandled(id);
  }

  kill(worker: WorkerProcess): void {
    if (worker.state !== 'running') return;
    if (this.handledBeforeKill.size === 0) {
      for (const each of this.workers) this.handledBeforeKill.set(each, each.handled);
    }
    this.lastKillAt = performance.now();
    worker.kill();
  }

  killAny(): void {
    const running = this.workers.filter(({ state }) => state === 'running');
    const worker = running[Math.floor(Math.random() * running.length)];
    if (worker !== undefined) this.kill(worker);
  }

  /** Starts the dead workers again, each under its name. */
  async revive(): Promise<void> {
    await Promise.all(this.workers.filter(({ isDead }) => isDead).map((worker) => worker.start()));
  }

  /** Ends everything in order: first the publisher, then, when the jobs are handled, the workers, then the broker. */
  async finish(): Promise<Summary> {
    this.isFinishing = true;
    await this.publisher?.stop();
    await this.whenQuiet();
    const { handled, unhandled } = this.ledger;
    const workers = this.workers.map((worker) => ({
      name: worker.name,
      before: this.handledBeforeKill.get(worker) ?? worker.handled,
      after: worker.handled - (this.handledBeforeKill.get(worker) ?? worker.handled),
      killed: worker.isDead,
    }));
    await this.fetchFromDeadSessions();
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await this.broker?.close();
    const { published, duplicates, unhandled: lost } = this.ledger;
    return { published, handled, duplicates, withBroker: unhandled - lost, lost, workers };
  }

  /** Some brokers keep a dead worker's jobs for it alone. They are not lost, and this is the proof. */
  private async fetchFromDeadSessions(): Promise<void> {
    if (this.ledger.unhandled === 0) return;
    await this.revive();
    await this.whenQuiet();
  }

  /** Every job is handled, or none has been for a while. */
  private async whenQuiet(): Promise<void> {
    this.lastHandledAt = performance.now();
    while (this.ledger.unhandled > 0 && performance.now() - this.lastHandledAt < QUIET) await setTimeout(50);
  }
}
