import 'reflect-metadata';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SharedPattern } from '../../lib/index.js';
import type { Job } from '../support/job.js';
import { listen } from '../support/nest-app.js';
import { filterOf } from '../support/patterns.js';
import type { PatternsInput } from '../support/scale.js';
import { sharedServer } from '../support/shared-server.js';
import { input, meter, subscribed } from '../support/subject.js';

const { patterns } = input as PatternsInput;

@Controller()
class JobsController {}

/** As many methods as patterns, as if each had been written down. */
for (let index = 0; index < patterns; index++) {
  const name = `handle${index}`;
  const value = async (job: Job): Promise<void> => meter.end(job);
  Object.defineProperty(JobsController.prototype, name, { value });
  Payload()(JobsController.prototype, name, 0);
  const descriptor = Object.getOwnPropertyDescriptor(JobsController.prototype, name) as PropertyDescriptor;
  SharedPattern(filterOf(index))(JobsController.prototype, name, descriptor);
}

// With adoption as many filters would need several connections, which would be another measurement.
await listen(JobsController, { strategy: sharedServer(input, { adoption: false }) });
subscribed();
