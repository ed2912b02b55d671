import type { WireListener } from '../session/wire.js';

interface Arrival {
  readonly member: string;
  readonly topic: string;
  readonly id: string;
}

/** What several connections were given, each message with its id for a payload. */
export class Arrivals {
  private readonly all: Arrival[] = [];
  private changed = (): void => {};

  listener(member: string): WireListener {
    return {
      publish: ({ topic, payload }) => {
        this.all.push({ member, topic, id: payload.toString() });
        this.changed();
        return true;
      },
      released: () => {},
      closed: () => {},
    };
  }

  /** How many of the connections got it; with no id, any message on the topic. */
  of(topic: string, id?: string): number {
    const copies = this.all.filter((one) => one.topic === topic && (id === undefined || one.id === id));
    return new Set(copies.map(({ member }) => member)).size;
  }

  /** Resolves when it is so, or after this many milliseconds. */
  async until(isSo: () => boolean, milliseconds: number): Promise<void> {
    if (isSo()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.changed = () => {
        if (!isSo()) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
