import type { DrainResult } from './drain.js';
import type { Job } from './job.js';

/**
 * Measures from the first message's handler to the end of the last one's, and makes sure that each message came exactly
 * once (`copies` times where several groups get it). Acknowledgements count: a subject that owed them would not get
 * beyond the broker's window. Afterwards it expects as many again.
 *
 * `warmUp`: so many messages come first, and are checked, but not measured.
 */
export class DrainMeter {
  private readonly seen: Uint16Array;
  private readonly measured: number;
  private readonly expected: number;
  private left = 0;
  private startedAt: number | undefined;
  private cpuAtStart: NodeJS.CpuUsage | undefined;

  constructor(
    messages: number,
    private readonly done: (result: DrainResult) => void,
    private readonly copies = 1,
    warmUp = 0,
  ) {
    this.seen = new Uint16Array(messages);
    this.expected = messages * copies;
    this.measured = this.expected - warmUp;
    this.expectAll();
  }

  private expectAll(): void {
    this.seen.fill(0);
    this.left = this.expected;
    this.startedAt = undefined;
  }

  /** A handler begins; needed only where it does not end at once. */
  begin(): void {
    if (this.startedAt !== undefined || this.left > this.measured) return;
    this.startedAt = performance.now();
    this.cpuAtStart = process.cpuUsage();
  }

  end({ id }: Job): void {
    this.begin();
    const times = this.seen[id];
    if (times === undefined || times === this.copies) {
      crash(new Error(`Message ${id} came too often or is none of ours.`));
      return;
    }
    this.seen[id] = times + 1;
    this.left--;
    // The acknowledgements of the last messages may be written in the next turn of the event loop.
    if (this.left === 0) setImmediate(() => setImmediate(() => this.finish()));
  }

  private finish(): void {
    const { user, system } = process.cpuUsage(this.cpuAtStart);
    const elapsed = (performance.now() - (this.startedAt ?? NaN)) * 1_000;
    this.expectAll();
    this.done({ cpu: (user + system) / this.measured, elapsed: elapsed / this.measured });
  }
}

/** Out of reach of those who would handle the error: a measurement that went wrong must not end with a figure. */
export function crash(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
