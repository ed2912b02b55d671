import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ServerMQTTShared } from 'nestjs-mqtt-shared';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { AppModule } from './app.module.js';
import { BranchService } from './branch.service.js';
import { ACCOUNTS, JournalService } from './journal.service.js';

const BOOKINGS_OF_EACH = 4;

async function bootstrap(): Promise<void> {
  const broker = new EmbeddedBroker();
  if (!process.env.MQTT_URL) {
    await broker.listen();
    process.env.MQTT_URL = broker.url;
  }

  const strategy = new ServerMQTTShared({
    url: process.env.MQTT_URL,
    // The columns have no room for it, and this process ends by itself.
    startReport: 'off',
  });
  const app = await NestFactory.createMicroservice(AppModule, { strategy, logger: ['warn', 'error', 'fatal'] });
  await app.listen();

  const journal = app.get(JournalService);
  const made = journal.whenMade(ACCOUNTS.length * BOOKINGS_OF_EACH);
  journal.printHeader();
  await publishBookings(app.get(BranchService));
  await made;
  journal.printSummary();

  await app.close();
  await broker.close();
}

/** The earlier ones take longer, so that without the order the later ones would overtake them. */
async function publishBookings(branch: BranchService): Promise<void> {
  for (let number = 1; number <= BOOKINGS_OF_EACH; number += 1) {
    for (const [index, account] of ACCOUNTS.entries()) {
      const milliseconds = 50 * (BOOKINGS_OF_EACH - number + 1) + 20 * index;
      await branch.publish(account, { number, milliseconds });
    }
  }
}

await bootstrap();
