import 'reflect-metadata';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SharedPattern } from '../../lib/index.js';
import { childInput, tellParent } from '../support/child.js';
import { DrainMeter } from '../support/drain-meter.js';
import { FILTER, type Job } from '../support/job.js';
import { listen } from '../support/nest-app.js';
import type { GroupsInput } from '../support/scale.js';
import { sharedServer } from '../support/shared-server.js';

/** Milliseconds. A thousand connections open at once, and how fast they do is not measured. */
const CONNECT_TIMEOUT = 120_000;

const input = childInput<GroupsInput>();
const { groups } = input;
const meter = new DrainMeter(input.messages, tellParent, groups);

@Controller()
class JobsController {
  async resize(@Payload() job: Job): Promise<void> {
    meter.end(job);
  }
}

const descriptor = Object.getOwnPropertyDescriptor(JobsController.prototype, 'resize') as PropertyDescriptor;
for (let index = 0; index < groups; index++) {
  SharedPattern(`group-${index}`, FILTER)(JobsController.prototype, 'resize', descriptor);
}

await listen(JobsController, { strategy: sharedServer(input, { connectTimeout: CONNECT_TIMEOUT }) });
tellParent({ subscribed: true });
