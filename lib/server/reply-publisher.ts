import type { Backoff } from '../backoff.js';
import { quoted } from '../errors/quoted.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import { NotConnectedError } from '../errors/not-connected.error.js';
import { Deadlines } from '../deadlines.js';
import type { Outgoing, Published } from '../publishing/outgoing.js';
import { Publisher } from '../publishing/publisher.js';
import { Link, type OpenLinkWire } from '../session/link.js';
import type { OutboundPublish, Wire } from '../session/wire.js';

export interface ReplyPublisherOptions {
  readonly open: OpenLinkWire;
  readonly reconnect: Backoff;
  /** Milliseconds from `send` until the broker has taken the message. */
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
  private isStarted = false;
  private readonly deadlines: Deadlines;
  /** When the broker last took a message, or the connection. */
  private answeredAt = 0;

  constructor(private readonly options: ReplyPublisherOptions) {
    const { publisher } = this;
    this.deadlines = new Deadlines(options.answerTimeout);
    this.link = new Link(
      options.open,
      {
        connected: (wire) => {
          this.answeredAt = performance.now();
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
   * Calls `done` once: without an error when the broker has taken the message. With one when it refuses it, and with
   * NotConnectedError or NoAnswerError when it has not taken it within `answerTimeout`: then it is not sent again, though
   * the broker may have got it.
   */
  readonly send = (message: OutboundPublish, done: Published): void => {
    let isOver = false;
    const settle = (error?: Error): void => {
      if (isOver) return;
      isOver = true;
      this.deadlines.remove(deadline);
      if (error === undefined) this.answeredAt = performance.now();
      done(error);
    };
    const deadline = this.deadlines.add(() => {
      if (outgoing !== undefined) this.publisher.giveUp(outgoing, this.tooLate(message));
    });
    // At once, where it waits for the connection: what is sent later must not overtake it.
    const outgoing: Outgoing | undefined = this.publisher.send(message, settle);
    if (outgoing === undefined || this.isStarted) return;
    this.start().catch((error: unknown) => this.publisher.giveUp(outgoing, error as Error));
  };

  /** {@link send} with a promise. */
  publish(message: OutboundPublish): Promise<void> {
    return new Promise((resolve, reject) => {
      this.send(message, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  private async start(): Promise<void> {
    this.starting ??= this.link.start();
    try {
      await this.starting;
      this.isStarted = true;
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
    if (performance.now() - this.answeredAt >= answerTimeout) wire.destroy();
    return new NoAnswerError(wire.address, wire.clientId, 'PUBLISH', answerTimeout);
  }

  async close(deadline: number): Promise<void> {
    await this.publisher.close(deadline);
    this.deadlines.clear();
    await this.link.stop();
  }
}
