import type { Backoff } from '../backoff.js';
import { quoted } from '../errors/quoted.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import { NotConnectedError } from '../errors/not-connected.error.js';
import type { Outgoing } from '../publishing/outgoing.js';
import { Publisher } from '../publishing/publisher.js';
import { Link, type OpenLinkWire } from '../session/link.js';
import type { OutboundPublish, Wire } from '../session/wire.js';

export interface ReplyPublisherOptions {
  readonly open: OpenLinkWire;
  readonly reconnect: Backoff;
  /** Milliseconds from `publish` until the broker has taken the message. */
  readonly answerTimeout: number;
}

/**
 * A server's connection for what it publishes. Its own, because a connection whose reading is paused would never see
 * the PUBACK that a handler waits for; opened when the first reply leaves.
 */
export class ReplyPublisher {
  private readonly publisher = new Publisher();
  private readonly link: Link;
  private starting: Promise<void> | undefined;
  /** When the broker last took a message, or the connection. */
  private answeredAt = 0;

  constructor(private readonly options: ReplyPublisherOptions) {
    const { publisher } = this;
    this.link = new Link(
      options.open,
      {
        connected: (wire) => {
          this.answeredAt = Date.now();
          publisher.connected(wire);
          return Promise.resolve();
        },
        disconnected: () => publisher.disconnected(),
      },
      options.reconnect,
    );
  }

  get wire(): Wire | undefined {
    return this.link.wire;
  }

  /**
   * Resolves when the broker has taken the message. Rejects when it refuses it, and with NotConnectedError or
   * NoAnswerError when it has not taken it within `answerTimeout`: then it is not sent again, though the broker may have
   * got it.
   */
  readonly publish = (message: OutboundPublish): Promise<void> =>
    new Promise((resolve, reject) => {
      let outgoing: Outgoing | undefined;
      let isLate = false;
      const done = (error?: Error): void => {
        clearTimeout(timer);
        if (error === undefined) this.answeredAt = Date.now();
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = setTimeout(() => {
        isLate = true;
        const error = this.tooLate(message);
        if (outgoing === undefined) done(error);
        else this.publisher.giveUp(outgoing, error);
      }, this.options.answerTimeout);
      this.start().then(() => {
        if (!isLate) outgoing = this.publisher.send(message, done);
      }, done);
    });

  private async start(): Promise<void> {
    this.starting ??= this.link.start();
    try {
      await this.starting;
    } catch (error) {
      this.starting = undefined;
      throw error;
    }
  }

  private tooLate({ topic }: OutboundPublish): Error {
    const { wire } = this;
    const { answerTimeout } = this.options;
    if (wire === undefined) {
      return new NotConnectedError(`A message to ${quoted(topic)} was not published within ${answerTimeout} ms`);
    }
    // It takes nothing at all: the network is gone, and Keep Alive would be the last to tell.
    if (Date.now() - this.answeredAt >= answerTimeout) wire.destroy();
    return new NoAnswerError(wire.address, wire.clientId, 'PUBLISH', answerTimeout);
  }

  async close(deadline: number): Promise<void> {
    await this.publisher.close(deadline);
    await this.link.stop();
  }
}
