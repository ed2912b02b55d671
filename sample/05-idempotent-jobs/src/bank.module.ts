import { Module } from '@nestjs/common';
import { ClientsModule } from '@nestjs/microservices';
import { ClientMQTTShared } from 'nestjs-mqtt-shared';
import { BankService } from './bank.service.js';

@Module({
  imports: [
    ClientsModule.registerAsync([
      {
        name: 'TRANSFERS',
        useFactory: () => ({ customClass: ClientMQTTShared, options: { url: process.env.MQTT_URL } }),
      },
    ]),
  ],
  providers: [BankService],
})
export class BankModule {}
