import 'reflect-metadata';
import type { LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ServerMQTTShared } from 'nestjs-mqtt-shared';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { CustomerModule } from './customer.module.js';
import { CustomerService } from './customer.service.js';
import { WorkerModule } from './worker.module.js';

/** What goes wrong here goes wrong on purpose. */
const logger: LogLevel[] = ['fatal'];

async function bootstrap(): Promise<void> {
  const broker = new EmbeddedBroker();
  if (!process.env.MQTT_URL) {
    await broker.listen();
    process.env.MQTT_URL = broker.url;
  }

  const workers = await Promise.all(['anna', 'bert'].map(startWorker));
  const customer = await NestFactory.createApplicationContext(CustomerModule, { logger });
  await converse(customer.get(CustomerService));

  await customer.close();
  await Promise.all(workers.map((worker) => worker.close()));
  await broker.close();
}

async function startWorker(name: string) {
  const strategy = new ServerMQTTShared({ url: process.env.MQTT_URL });
  const worker = await NestFactory.createMicroservice(WorkerModule.named(name), { strategy, logger });
  await worker.listen();
  return worker;
}

async function converse(customer: CustomerService): Promise<void> {
  console.log('One answer to each question, whichever worker gives it:');
  for (const quantity of [1, 2, 3, 4]) {
    const { total, worker } = await customer.askForPrice('pencil', quantity);
    console.log(`  ${quantity} × pencil costs ${total}, says ${worker}`);
  }

  console.log('Several answers to one question:');
  await customer.askForOffers('paper', ({ supplier, price, worker }) => {
    console.log(`  paper costs ${price} from ${supplier}, says ${worker}`);
  });

  console.log('An error as the answer:');
  try {
    await customer.askForPrice('unicorn', 1);
  } catch (error) {
    console.log(`  ${(error as Error).message}`);
  }
}

await bootstrap();
