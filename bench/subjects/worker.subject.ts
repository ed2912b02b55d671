import 'reflect-metadata';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SharedPattern } from '../../lib/index.js';
import { childInput, tellParent } from '../support/child.js';
import { now } from '../support/clock.js';
import { FILTER, type Job } from '../support/job.js';
import { listen } from '../support/nest-app.js';
import type { WorkerInput } from '../support/scale.js';
import { sharedServer } from '../support/shared-server.js';

const REPORT_EVERY = 50;

const input = childInput<WorkerInput>();
const { name, worker, wait, concurrency } = input;
let [handled, sum, first, last, told] = [0, 0, 0, 0, 0];

@Controller()
class JobsController {
  @SharedPattern(FILTER)
  async resize(@Payload() { id }: Job): Promise<void> {
    first ||= now();
    if (wait > 0) await sleep(wait);
    handled++;
    sum += id;
    last = now();
  }
}

tellParent({ ready: true });
await once(process, 'message');
await listen(JobsController, { strategy: sharedServer(input, { clientId: `${name}-${worker}`, concurrency }) });
tellParent({ subscribed: true });
setInterval(() => {
  if (handled > told) tellParent({ handled, sum, first, last });
  told = handled;
}, REPORT_EVERY);
