import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ServerMQTTShared } from 'nestjs-mqtt-shared';
import { followLauncher, logger, startFailed } from './demo/launcher.js';
import { reportFigures } from './demo/report-figures.js';
import { MQTT_URL } from './settings.js';
import { WorkerModule } from './worker.module.js';

async function bootstrap(): Promise<void> {
  const server = new ServerMQTTShared({
    url: MQTT_URL,
    // A worker that comes back under its name finds its session again. Without a name it gets a random one.
    clientId: process.env.WORKER_NAME,
    drainTimeout: 5_000,
    // Sooner than in production, so that one can watch it on a broker that keeps a dead worker's jobs for it.
    adoption: { after: 2_000 },
  });
  const app = await NestFactory.createMicroservice(WorkerModule, { strategy: server, logger });
  app.enableShutdownHooks();
  await app.listen();

  reportFigures(server);
  await followLauncher(app);
}

bootstrap().catch(startFailed);
