import { setTimeout } from 'node:timers/promises';
import { Controller, Logger } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { ThumbnailJob } from './thumbnails.dto.js';
import { ThumbnailsService } from './thumbnails.service.js';

/** Knows nothing of HTTP. Start the application several times, and each job goes to one of them. */
@Controller()
export class ThumbnailsWorker {
  private readonly logger = new Logger(ThumbnailsWorker.name);

  constructor(private readonly thumbnails: ThumbnailsService) {}

  @SharedPattern('thumbnailers', 'thumbnails/create')
  async create(@Payload() job: ThumbnailJob): Promise<void> {
    this.logger.log(`${job.image} is being made ${job.width} wide`);
    await setTimeout(1_000);
    this.thumbnails.add(job);
    this.logger.log(`${job.image} is done`);
  }
}
