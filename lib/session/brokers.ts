import { NoBrokerError } from '../errors/no-broker.error.js';
import { brokerAddresses } from './broker-address.js';
import { DEFAULT_URL } from './connection-options.js';
import { openMqttWire } from './mqtt-wire.js';
import type { OpenWire, Wire, WireListener, WireOptions } from './wire.js';

/** Milliseconds; an address whose connections end sooner is not the one to begin with. */
const GOOD_AFTER = 5_000;

export type SessionOptions = Omit<WireOptions, 'url'>;

/**
 * The addresses of one broker, tried in turn: first the one that worked last, then those that follow it in the list.
 *
 * One for all connections of a server or client, so that what one of them finds out, the others need not.
 */
export class Brokers {
  private readonly urls: readonly string[];
  private readonly addresses: readonly string[];
  private first = 0;

  /** @throws InvalidUrlError */
  constructor(
    url: string | readonly string[] = DEFAULT_URL,
    private readonly openWire: OpenWire = openMqttWire,
  ) {
    this.addresses = brokerAddresses(url);
    this.urls = [url].flat();
  }

  get count(): number {
    return this.urls.length;
  }

  /** Where a connection was opened last, or will be tried first; as it may be shown. */
  get address(): string {
    return this.addresses[this.first] ?? '';
  }

  /**
   * Opens one network connection to the first address that takes it; each has `connectTimeout`. Rejects as
   * {@link OpenWire} does where there is one address, else with NoBrokerError when all have been tried.
   */
  async open(options: SessionOptions, listener: WireListener, signal?: AbortSignal): Promise<Wire> {
    const errors: Error[] = [];
    for (const index of this.inTurn()) {
      try {
        return await this.openAt(index, options, listener, signal);
      } catch (error) {
        if (signal?.aborted || this.urls.length === 1) throw error;
        errors.push(error as Error);
      }
    }
    throw new NoBrokerError(options.clientId, errors);
  }

  private inTurn(): number[] {
    const { first, urls } = this;
    return urls.map((_url, step) => (first + step) % urls.length);
  }

  private async openAt(
    index: number,
    options: SessionOptions,
    listener: WireListener,
    signal: AbortSignal | undefined,
  ): Promise<Wire> {
    const url = this.urls[index] ?? DEFAULT_URL;
    if (this.urls.length === 1) return this.openWire({ ...options, url }, listener, signal);
    const opened = { at: Date.now() };
    const watched: WireListener = {
      publish: (packet) => listener.publish(packet),
      released: (packetId) => listener.released(packetId),
      closed: (reason) => {
        const isBad = !reason.requested && Date.now() - opened.at < GOOD_AFTER;
        if (isBad) this.avoid(index);
        listener.closed(reason);
      },
    };
    const wire = await this.openWire({ ...options, url }, watched, signal);
    opened.at = Date.now();
    this.first = index;
    return wire;
  }

  /** It takes connections and does not keep them. */
  private avoid(index: number): void {
    if (this.first === index) this.first = (index + 1) % this.urls.length;
  }
}
