import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ClientMQTTShared } from 'nestjs-mqtt-shared';
import { lastValueFrom } from 'rxjs';
import { ThumbnailJob } from './thumbnails.dto.js';
import { ThumbnailsService } from './thumbnails.service.js';

@Controller('thumbnails')
export class ThumbnailsController {
  constructor(
    private readonly jobs: ClientMQTTShared,
    private readonly thumbnails: ThumbnailsService,
  ) {}

  /** Answers 202 once the broker has the job: from then on it is not lost, whatever happens here. */
  @Post()
  @HttpCode(202)
  async order(@Body() job: ThumbnailJob): Promise<{ accepted: ThumbnailJob }> {
    await lastValueFrom(this.jobs.emit<void>('thumbnails/create', job), { defaultValue: undefined });
    return { accepted: job };
  }

  @Get()
  list(): readonly string[] {
    return this.thumbnails.list();
  }
}
