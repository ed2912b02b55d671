import 'reflect-metadata';
import { setTimeout as wait } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { RetryMessage, SharedPattern } from '../../lib/index.js';
import { childInput, tellParent } from '../support/child.js';
import { DrainMeter } from '../support/drain-meter.js';
import { FILTER, type Job } from '../support/job.js';
import { listen } from '../support/nest-app.js';
import { type PoisonInput, REDELIVER_AFTER } from '../support/poison.js';
import { sharedServer } from '../support/shared-server.js';

const WAIT = 10;

const input = childInput<PoisonInput>();
/** Of the first message nothing is measured, whether it fails or not. */
const meter = new DrainMeter(input.messages - 1, tellParent);

@Controller()
class JobsController {
  @SharedPattern(FILTER)
  async resize(@Payload() job: Job): Promise<void> {
    if (job.id === 0 && input.poison) throw new RetryMessage('poison');
    if (job.id > 0) meter.begin();
    await wait(WAIT);
    if (job.id > 0) meter.end({ ...job, id: job.id - 1 });
  }
}

const strategy = sharedServer(input, { onError: { attempts: 1 }, redeliverAfter: REDELIVER_AFTER });
await listen(JobsController, { strategy, logger: false });
tellParent({ subscribed: true });
