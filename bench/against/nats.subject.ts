import 'reflect-metadata';
import { Controller, Logger } from '@nestjs/common';
import { ClientNats, EventPattern, Payload, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { tellParent } from '../support/child.js';
import type { Job } from '../support/job.js';
import { listen } from './nest-app.js';
import { filled, handle, input, jobs } from './subject.js';

const UNDER_WAY = 1_000;

const servers = [`nats://127.0.0.1:${input.port}`];

@Controller()
class JobsController {
  @EventPattern(input.name)
  async resize(@Payload() job: unknown): Promise<void> {
    await handle(job as Job);
  }
}

async function fill(): Promise<void> {
  Logger.overrideLogger(['error', 'warn']);
  const client = new ClientNats({ servers });
  await client.connect();
  const all = jobs();
  for (let start = 0; start < all.length; start += UNDER_WAY) {
    const batch = all.slice(start, start + UNDER_WAY);
    await Promise.all(batch.map((job) => lastValueFrom(client.emit(input.name, job), { defaultValue: undefined })));
  }
  await client.close();
  filled();
}

if (input.task === 'fill') await fill();
else {
  await listen(JobsController, { transport: Transport.NATS, options: { servers, queue: 'workers' } });
  tellParent({ subscribed: true });
}
