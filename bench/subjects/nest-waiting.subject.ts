import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { type CustomTransportStrategy, MessagePattern, Payload, Server } from '@nestjs/microservices';
import { childInput, tellParent } from '../support/child.js';
import { DrainMeter } from '../support/drain-meter.js';
import type { Job } from '../support/job.js';
import { listen } from '../support/nest-app.js';
import type { WaitingInput } from '../support/waiting.js';

const PATTERN = 'jobs';

const { messages, wait, concurrency, warmUp } = childInput<WaitingInput>();
const meter = new DrainMeter(messages, tellParent, 1, warmUp);

@Controller()
class JobsController {
  @MessagePattern(PATTERN)
  async resize(@Payload() job: Job): Promise<void> {
    meter.begin();
    await sleep(wait);
    meter.end(job);
  }
}

/** The same waits in a controller's method, which is called through Nest, by nothing that brings messages. */
class NoTransport extends Server implements CustomTransportStrategy {
  listen(done: () => void): void {
    done();
    let next = 0;
    const handler = this.getHandlerByPattern(PATTERN);
    const calls = async (): Promise<void> => {
      while (next < messages) await handler?.({ id: next++, padding: '' }, {});
    };
    void Promise.all(Array.from({ length: concurrency }, calls));
  }

  close(): void {}

  on(): void {}

  unwrap<T>(): T {
    return this as unknown as T;
  }
}

await listen(JobsController, { strategy: new NoTransport() });
