import 'reflect-metadata';
import { Logger, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { ServerMQTTShared } from 'nestjs-mqtt-shared';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { AppModule } from './app.module.js';

async function bootstrap(): Promise<void> {
  if (!process.env.MQTT_URL) {
    const broker = new EmbeddedBroker();
    await broker.listen();
    process.env.MQTT_URL = broker.url;
  }

  const app = await NestFactory.create(AppModule);
  // With `inheritAppConfig` it holds for the worker, too.
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
  app.connectMicroservice<MicroserviceOptions>({ strategy: app.get(ServerMQTTShared) }, { inheritAppConfig: true });
  // SIGTERM and Ctrl-C let the jobs that run finish, and acknowledge them.
  app.enableShutdownHooks();

  await app.startAllMicroservices();
  await app.listen(process.env.PORT ?? 3000, 'localhost');
  new Logger('Main').log(`Listening on ${await app.getUrl()}`);
}

await bootstrap();
