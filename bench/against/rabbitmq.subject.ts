import 'reflect-metadata';
import { Controller, Logger } from '@nestjs/common';
import { ClientRMQ, Ctx, EventPattern, Payload, type RmqContext, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { Job } from '../support/job.js';
import { listen } from './nest-app.js';
import { filled, handle, input, jobs } from './subject.js';

/** At most so many that the server has not yet taken. */
const UNDER_WAY = 1_000;

const options = { urls: [`amqp://127.0.0.1:${input.port}`], queue: input.name, queueOptions: { durable: true } };

@Controller()
class JobsController {
  @EventPattern('resize')
  async resize(@Payload() job: unknown, @Ctx() context: unknown): Promise<void> {
    const rmq = context as RmqContext;
    await handle(job as Job);
    (rmq.getChannelRef() as { ack(message: object): void }).ack(rmq.getMessage());
  }
}

async function fill(): Promise<void> {
  Logger.overrideLogger(['error', 'warn']);
  const client = new ClientRMQ(options);
  await client.connect();
  const all = jobs();
  for (let start = 0; start < all.length; start += UNDER_WAY) {
    const batch = all.slice(start, start + UNDER_WAY);
    await Promise.all(batch.map((job) => lastValueFrom(client.emit('resize', job), { defaultValue: undefined })));
  }
  await client.close();
  filled();
}

if (input.task === 'fill') await fill();
else {
  await listen(JobsController, {
    transport: Transport.RMQ,
    options: { ...options, noAck: false, prefetchCount: input.concurrency },
  });
}
