import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { ServerMQTTShared, SharedPattern } from '../../lib/index.js';
import { FILTER, type Job } from '../support/drain.js';
import { CONCURRENCY } from '../support/settings.js';
import { input, meter, subscribed } from '../support/subject.js';

@Controller()
class JobsController {
  @SharedPattern(FILTER)
  async resize(@Payload() job: Job): Promise<void> {
    meter.end(job);
  }
}

@Module({ controllers: [JobsController] })
class AppModule {}

const { url, protocolVersion, name } = input;
const app = await NestFactory.createMicroservice(AppModule, {
  logger: ['error', 'warn'],
  strategy: new ServerMQTTShared({
    url,
    protocolVersion,
    clientId: name,
    group: name,
    concurrency: CONCURRENCY,
    startReport: 'off',
  }),
});
await app.listen();
subscribed();
