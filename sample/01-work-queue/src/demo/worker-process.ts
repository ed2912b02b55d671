import { Child } from './child.js';
import type { Figures } from './messages.js';

export type WorkerState = 'starting' | 'running' | 'killed' | 'crashed' | 'stopping' | 'stopped';

const NOTHING: Figures = { received: 0, running: 0, acknowledged: 0 };
/** Milliseconds over which the rate is measured. */
const RATE_WINDOW = 3_000;

export interface WorkerListener {
  /** `false` when the job had been handled before. */
  handled(id: number): boolean;
  line(line: string): void;
}

/** A worker under its name, over all the processes that it has been. */
export class WorkerProcess {
  state: WorkerState = 'stopped';
  /** Jobs that nobody had handled before. */
  handled = 0;
  private startedAt = 0;
  private earlier = NOTHING;
  private current = NOTHING;
  private recent: number[] = [];
  private child: Child | undefined;

  constructor(
    readonly name: string,
    private readonly env: Readonly<Record<string, string>>,
    private readonly listener: WorkerListener,
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get figures(): Figures {
    const { earlier, current } = this;
    return {
      received: earlier.received + current.received,
      running: this.state === 'running' || this.state === 'stopping' ? current.running : 0,
      acknowledged: earlier.acknowledged + current.acknowledged,
    };
  }

  get isDead(): boolean {
    return this.state === 'killed' || this.state === 'crashed';
  }

  /** Jobs per second, over the last seconds. */
  get rate(): number {
    const now = performance.now();
    this.recent = this.recent.filter((time) => time > now - RATE_WINDOW);
    return (this.recent.length * 1_000) / Math.min(RATE_WINDOW, now - this.startedAt);
  }

  /** Resolves when it is a member of the group. A second call starts it again, under the same name. */
  async start(): Promise<void> {
    this.earlier = this.figures;
    this.current = NOTHING;
    this.state = 'starting';
    const child = new Child({
      entry: 'worker',
      env: { ...this.env, WORKER_NAME: `${this.env.QUEUE}-${this.name}` },
      report: (report) => {
        if (report.type === 'figures') this.current = report;
        if (report.type === 'handled' && this.listener.handled(report.id)) this.count();
      },
      line: (line) => this.listener.line(`${this.name}: ${line}`),
    });
    this.child = child;
    void child.ended.then(() => {
      if (this.state === 'stopping') this.state = 'stopped';
      else if (this.state !== 'killed') this.state = 'crashed';
    });
    await child.ready;
    this.startedAt = performance.now();
    this.state = 'running';
  }

  private count(): void {
    this.handled += 1;
    this.recent.push(performance.now());
  }

  kill(): void {
    if (this.state !== 'running') return;
    this.state = 'killed';
    this.child?.kill();
  }

  async stop(): Promise<void> {
    if (this.state !== 'running') return;
    this.state = 'stopping';
    await this.child?.stop();
  }
}
