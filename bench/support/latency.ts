import type { QoS } from '../../lib/session/wire.js';
import { now } from './clock.js';
import { quantile } from './statistics.js';

/** Either so many per second, come what may, or the next when one of so many has been answered. */
export interface Load {
  readonly topic: string;
  readonly messages: number;
  readonly pace: { readonly rate: number } | { readonly outstanding: number };
}

/** What is published: when that was, by {@link now}. */
export interface Stamped {
  readonly sent: number;
}

/** A request that is never answered. */
export interface Hold {
  readonly hold: true;
}

/** Milliseconds, and messages per second from the first to the last. */
export interface LatencyReport {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly rate: number;
}

export interface RequesterInput {
  readonly url: string;
  readonly client: 'shared' | 'nest';
  readonly qos: QoS;
  readonly topic: string;
}

/** Collects as many latencies as it was told to expect. */
export class Recorder {
  private latencies: Float64Array = new Float64Array();
  private count = 0;
  private startedAt = 0;

  constructor(private readonly done: (report: LatencyReport) => void) {}

  expect(messages: number): void {
    this.latencies = new Float64Array(messages);
    this.count = 0;
  }

  add(sent: number): void {
    const time = now();
    if (this.count === 0) this.startedAt = time;
    this.latencies[this.count] = time - sent;
    this.count++;
    if (this.count === this.latencies.length) this.done(this.report(time));
  }

  private report(end: number): LatencyReport {
    const [p50 = NaN, p99 = NaN, p999 = NaN] = [0.5, 0.99, 0.999].map((share) => quantile(this.latencies, share));
    return { p50, p99, p999, rate: ((this.count - 1) * 1_000) / (end - this.startedAt) };
  }
}
