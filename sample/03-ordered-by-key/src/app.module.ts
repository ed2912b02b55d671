import { Module } from '@nestjs/common';
import { ClientsModule } from '@nestjs/microservices';
import { ClientMQTTShared } from 'nestjs-mqtt-shared';
import { BookingsController } from './bookings.controller.js';
import { BranchService } from './branch.service.js';
import { JournalService } from './journal.service.js';

@Module({
  imports: [
    ClientsModule.registerAsync([
      {
        name: 'BOOKINGS',
        useFactory: () => ({ customClass: ClientMQTTShared, options: { url: process.env.MQTT_URL } }),
      },
    ]),
  ],
  controllers: [BookingsController],
  providers: [BranchService, JournalService],
})
export class AppModule {}
