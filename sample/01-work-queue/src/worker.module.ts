import { Module } from '@nestjs/common';
import { JobsController } from './jobs.controller.js';
import { ProgressService } from './progress.service.js';

@Module({ controllers: [JobsController], providers: [ProgressService] })
export class WorkerModule {}
