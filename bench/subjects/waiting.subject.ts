import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SharedPattern } from '../../lib/index.js';
import { FILTER, type Job } from '../support/job.js';
import { listen } from '../support/nest-app.js';
import { sharedServer } from '../support/shared-server.js';
import { input, meter, subscribed } from '../support/subject.js';
import type { WaitingInput } from '../support/waiting.js';

const { wait, concurrency } = input as WaitingInput;

@Controller()
class JobsController {
  @SharedPattern(FILTER)
  async resize(@Payload() job: Job): Promise<void> {
    meter.begin();
    if (wait > 0) await sleep(wait);
    meter.end(job);
  }
}

await listen(JobsController, { strategy: sharedServer(input, { concurrency }) });
subscribed();
