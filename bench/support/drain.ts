import type { ProtocolVersion } from '../../lib/session/wire.js';

/** What a subject is to drain. */
export interface DrainInput {
  readonly url: string;
  readonly protocolVersion: ProtocolVersion;
  /** Of this subject alone, in Client Identifier and Share Name. */
  readonly name: string;
  readonly messages: number;
}

/** `subscribed` when the session exists and the broker queues for it, then the result when all has been handled. */
export type DrainReport = { readonly subscribed: true } | DrainResult;

export interface DrainResult {
  /** Microseconds of user and system time for each message. */
  readonly cpu: number;
  /** Microseconds on the clock for each message. */
  readonly elapsed: number;
}

export interface Job {
  readonly id: number;
  readonly padding: string;
}

export const TOPIC = 'jobs/resize';
export const FILTER = 'jobs/#';
export const PAYLOAD_BYTES = 100;

/** Exactly `PAYLOAD_BYTES` of JSON, each with an id of its own. */
export function payloadOf(id: number): string {
  const empty: Job = { id, padding: '' };
  const padding = 'x'.repeat(PAYLOAD_BYTES - JSON.stringify(empty).length);
  return JSON.stringify({ ...empty, padding });
}

/**
 * Measures from the first message's handler to the end of the last one's, and makes sure that each message came exactly
 * once. Acknowledgements count: a subject that owed them would not get beyond the broker's window.
 */
export class DrainMeter {
  private readonly seen: Uint8Array;
  private left: number;
  private startedAt: number | undefined;
  private cpuAtStart: NodeJS.CpuUsage | undefined;

  constructor(
    private readonly messages: number,
    private readonly done: (result: DrainResult) => void,
  ) {
    this.seen = new Uint8Array(messages);
    this.left = messages;
  }

  /** A handler begins; needed only where it does not end at once. */
  begin(): void {
    if (this.startedAt !== undefined) return;
    this.startedAt = performance.now();
    this.cpuAtStart = process.cpuUsage();
  }

  end({ id }: Job): void {
    this.begin();
    if (this.seen[id] !== 0) crash(new Error(`Message ${id} came twice or is none of ours.`));
    this.seen[id] = 1;
    this.left--;
    // The acknowledgements of the last messages may be written in the next turn of the event loop.
    if (this.left === 0) setImmediate(() => setImmediate(() => this.finish()));
  }

  private finish(): void {
    const { user, system } = process.cpuUsage(this.cpuAtStart);
    const elapsed = (performance.now() - (this.startedAt ?? NaN)) * 1_000;
    this.done({ cpu: (user + system) / this.messages, elapsed: elapsed / this.messages });
  }
}

/** Out of reach of those who would handle the error: a measurement that went wrong must not end with a figure. */
function crash(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
