import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { followLauncher, logger, startFailed } from './demo/launcher.js';
import { JobPublisher } from './job-publisher.service.js';
import { PublisherModule } from './publisher.module.js';

async function bootstrap(): Promise<void> {
  const app = await NestFactory.createApplicationContext(PublisherModule, { logger });
  app.enableShutdownHooks();
  app.get(JobPublisher).start();
  await followLauncher(app);
}

bootstrap().catch(startFailed);
