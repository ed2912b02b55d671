import { setTimeout } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { ProgressService } from './progress.service.js';
import type { ResizeJob } from './resize-job.dto.js';
import { QUEUE } from './settings.js';

@Controller()
export class JobsController {
  constructor(private readonly progress: ProgressService) {}

  /** The broker gives each job to one of the workers. It is acknowledged when this has resolved. */
  @SharedPattern('workers', `${QUEUE}/#`)
  async resize(@Payload() job: ResizeJob): Promise<void> {
    await setTimeout(job.milliseconds);
    await this.progress.handled(job);
  }
}
