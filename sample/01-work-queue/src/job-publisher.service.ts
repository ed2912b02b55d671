import { setInterval } from 'node:timers';
import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { ClientProxy } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { ProgressService } from './progress.service.js';
import type { ResizeJob } from './resize-job.dto.js';
import { QUEUE } from './settings.js';

const JOBS_PER_SECOND = 90;

@Injectable()
export class JobPublisher implements BeforeApplicationShutdown {
  private readonly logger = new Logger(JobPublisher.name);
  private readonly underWay = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private startedAt = 0;
  private lastId = 0;

  constructor(
    @Inject('JOBS') private readonly jobs: ClientProxy,
    private readonly progress: ProgressService,
  ) {}

  start(): void {
    this.startedAt = performance.now();
    this.timer = setInterval(() => this.publishWhatIsDue(), 20);
  }

  /** Publishes no more, and gives the broker the time that the client allows to take what is under way. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.jobs.close();
    await Promise.all(this.underWay);
  }

  private publishWhatIsDue(): void {
    const due = ((performance.now() - this.startedAt) * JOBS_PER_SECOND) / 1_000;
    while (this.lastId < due) {
      const publishing = this.publish(newJob(++this.lastId)).finally(() => this.underWay.delete(publishing));
      this.underWay.add(publishing);
    }
  }

  private async publish(job: ResizeJob): Promise<void> {
    try {
      await lastValueFrom(this.jobs.emit<void, ResizeJob>(`${QUEUE}/resize`, job), { defaultValue: undefined });
      await this.progress.published(job);
    } catch (error) {
      this.logger.error(`Job ${job.id} was not published: ${(error as Error).message}`);
    }
  }
}

function newJob(id: number): ResizeJob {
  return { id, image: `image-${id}.png`, milliseconds: Math.round(50 + 200 * Math.random()) };
}
