import { Publisher } from '../publishing/publisher.js';
import { Link, type OpenLinkWire } from '../session/link.js';
import type { OutboundPublish, Wire } from '../session/wire.js';
import type { Backoff } from '../backoff.js';

/**
 * A server's connection for what it publishes. Its own, because a connection whose reading is paused would never see
 * the PUBACK that a handler waits for; opened when the first reply leaves.
 */
export class ReplyPublisher {
  private readonly publisher = new Publisher();
  private readonly link: Link;
  private starting: Promise<void> | undefined;

  constructor(open: OpenLinkWire, backoff: Backoff) {
    const { publisher } = this;
    this.link = new Link(
      open,
      {
        connected: (wire) => {
          publisher.connected(wire);
          return Promise.resolve();
        },
        disconnected: () => publisher.disconnected(),
      },
      backoff,
    );
  }

  get wire(): Wire | undefined {
    return this.link.wire;
  }

  /** Resolves when the broker has taken the message. */
  readonly publish = async (message: OutboundPublish): Promise<void> => {
    await this.start();
    await this.publisher.publish(message);
  };

  private async start(): Promise<void> {
    this.starting ??= this.link.start();
    try {
      await this.starting;
    } catch (error) {
      this.starting = undefined;
      throw error;
    }
  }

  async close(deadline: number): Promise<void> {
    await this.publisher.close(deadline);
    await this.link.stop();
  }
}
