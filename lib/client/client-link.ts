import type { Backoff } from '../backoff.js';
import { ClientClosedError } from '../errors/client-closed.error.js';
import { Link, type LinkOwner, type OpenLinkWire } from '../session/link.js';

/** The one link of a client: made with the first use, shared by all, made again when the first connection failed. */
export class ClientLink {
  private link: Link | undefined;
  private started: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly open: OpenLinkWire,
    private readonly owner: LinkOwner,
    private readonly failed: (error: Error) => void,
    private readonly backoff: Backoff,
  ) {}

  /** Resolves when there has been a connection; rejects when the first did not come about. */
  start(): Promise<void> {
    if (this.stopped) return Promise.reject(new ClientClosedError('There is no connection'));
    this.started ??= this.startLink();
    return this.started;
  }

  private async startLink(): Promise<void> {
    this.link = new Link(this.open, this.owner, this.backoff);
    try {
      await this.link.start();
    } catch (error) {
      this.started = undefined;
      if (!this.stopped) this.failed(error as Error);
      throw error;
    }
  }

  /** Resolves when a first connection that is being opened is up or has failed, or after `deadline` milliseconds. */
  async startSettled(deadline: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadline);
    });
    await Promise.race([this.started?.catch(() => {}), expired]);
    clearTimeout(timer);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.link?.stop();
  }
}
