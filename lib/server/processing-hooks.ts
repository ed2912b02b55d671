import type { BaseRpcContext } from '@nestjs/microservices';

export type ProcessingStartHook = (
  transportId: symbol,
  context: BaseRpcContext,
  done: () => Promise<unknown>,
) => unknown;
export type ProcessingEndHook = (transportId: symbol, context: BaseRpcContext) => void;

/** The hooks with which instrumentation surrounds the handling of a message; each runs once for each handler call. */
export class ProcessingHooks {
  start: ProcessingStartHook | undefined;
  end: ProcessingEndHook | undefined;

  /** `endFailed` hears what the end hook throws: what it looks at has happened, and its fault changes nothing of that. */
  constructor(
    private readonly transportId: symbol,
    private readonly endFailed: (error: unknown) => void,
  ) {}

  get installed(): boolean {
    return this.start !== undefined || this.end !== undefined;
  }

  /** Settles as `work` does; the start hook calls it, perhaps inside an asynchronous context of its own. */
  run(context: BaseRpcContext, work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): Promise<void> =>
        work()
          .finally(() => this.callEnd(context))
          .then(resolve, reject);
      if (this.start === undefined) void done();
      else Promise.resolve(this.start(this.transportId, context, done)).catch(reject);
    });
  }

  private callEnd(context: BaseRpcContext): void {
    try {
      this.end?.(this.transportId, context);
    } catch (error) {
      this.endFailed(error);
    }
  }
}
