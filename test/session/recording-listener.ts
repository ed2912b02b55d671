import type { InboundPublish, WireClosed, WireListener } from '../../lib/session/wire.js';

/** Writes down what a wire tells it, and says "stop" after the messages whose payloads are in `stopAfter`. */
export class RecordingListener implements WireListener {
  readonly publishes: InboundPublish[] = [];
  readonly releases: number[] = [];
  readonly closings: WireClosed[] = [];
  readonly stopAfter = new Set<string>();
  /** The first end of the connection. */
  readonly whenClosed: Promise<WireClosed>;
  private reportClosed!: (reason: WireClosed) => void;
  private readonly waiters = new Map<string, () => void>();

  constructor() {
    this.whenClosed = new Promise((resolve) => {
      this.reportClosed = resolve;
    });
  }

  get payloads(): string[] {
    return this.publishes.map(({ payload }) => payload.toString());
  }

  publish(packet: InboundPublish): boolean {
    const payload = packet.payload.toString();
    this.publishes.push(packet);
    this.waiters.get(payload)?.();
    return !this.stopAfter.has(payload);
  }

  released(packetId: number): void {
    this.releases.push(packetId);
  }

  closed(reason: WireClosed): void {
    this.closings.push(reason);
    this.reportClosed(reason);
  }

  /** Resolves when this message has arrived. */
  whenReceived(payload: string): Promise<void> {
    if (this.payloads.includes(payload)) return Promise.resolve();
    return new Promise((resolve) => this.waiters.set(payload, resolve));
  }
}
