import 'reflect-metadata';
import type { LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import Keyv from 'keyv';
import { ServerMQTTShared } from 'nestjs-mqtt-shared';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { BankModule } from './bank.module.js';
import { BankService } from './bank.service.js';
import { Ledger } from './ledger.js';
import { WorkerModule } from './worker.module.js';

/** One transfer fails at first, on purpose. */
const logger: LogLevel[] = ['fatal'];

async function bootstrap(): Promise<void> {
  const broker = new EmbeddedBroker();
  if (!process.env.MQTT_URL) {
    await broker.listen();
    process.env.MQTT_URL = broker.url;
  }

  const ledger = new Ledger();
  const store = new Keyv();
  const startWorker = async (name: string) => {
    const strategy = new ServerMQTTShared({ url: process.env.MQTT_URL, onError: { backoff: { initial: 100 } } });
    strategy.on('skipped', () => ledger.skipped());
    const worker = await NestFactory.createMicroservice(WorkerModule.of({ name, ledger, store }), { strategy, logger });
    await worker.listen();
    return worker;
  };
  const workers = await Promise.all(['north', 'south'].map(startWorker));
  const bank = await NestFactory.createApplicationContext(BankModule, { logger });

  const sent = await bank.get(BankService).sendTransfers();
  await ledger.whenDone(sent);
  ledger.print(sent);

  await bank.close();
  await Promise.all(workers.map((worker) => worker.close()));
  await broker.close();
}

await bootstrap();
