import 'reflect-metadata';
import { setTimeout as wait } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { RetryMessage, ServerMQTTShared, SharedPattern } from '../../lib/index.js';
import { childInput, tellParent } from '../support/child.js';
import { type DrainInput, DrainMeter, FILTER, type Job } from '../support/drain.js';
import { CONCURRENCY, REDELIVER_AFTER, WAIT } from '../support/settings.js';

export interface PoisonInput extends DrainInput {
  /** Whether the first message always fails. */
  readonly poison: boolean;
}

const { url, protocolVersion, name, messages, poison } = childInput<PoisonInput>();
/** Of the first message nothing is measured, whether it fails or not. */
const meter = new DrainMeter(messages - 1, tellParent);

@Controller()
class JobsController {
  @SharedPattern(FILTER)
  async resize(@Payload() job: Job): Promise<void> {
    if (job.id === 0 && poison) throw new RetryMessage('poison');
    if (job.id > 0) meter.begin();
    await wait(WAIT);
    if (job.id > 0) meter.end({ ...job, id: job.id - 1 });
  }
}

@Module({ controllers: [JobsController] })
class AppModule {}

const app = await NestFactory.createMicroservice(AppModule, {
  logger: false,
  strategy: new ServerMQTTShared({
    url,
    protocolVersion,
    clientId: name,
    group: name,
    concurrency: CONCURRENCY,
    onError: { attempts: 1 },
    redeliverAfter: REDELIVER_AFTER,
    startReport: 'off',
  }),
});
await app.listen();
tellParent({ subscribed: true });
