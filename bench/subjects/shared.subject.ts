import 'reflect-metadata';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SharedPattern } from '../../lib/index.js';
import { FILTER, type Job } from '../support/job.js';
import { listen } from '../support/nest-app.js';
import { sharedServer } from '../support/shared-server.js';
import { input, meter, subscribed } from '../support/subject.js';

@Controller()
class JobsController {
  @SharedPattern(FILTER)
  async resize(@Payload() job: Job): Promise<void> {
    meter.end(job);
  }
}

await listen(JobsController, { strategy: sharedServer(input) });
subscribed();
