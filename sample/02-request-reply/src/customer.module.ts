import { Module } from '@nestjs/common';
import { ClientsModule } from '@nestjs/microservices';
import { ClientMQTTShared } from 'nestjs-mqtt-shared';
import { CustomerService } from './customer.service.js';

@Module({
  imports: [
    ClientsModule.registerAsync([
      {
        name: 'QUOTES',
        useFactory: () => ({ customClass: ClientMQTTShared, options: { url: process.env.MQTT_URL } }),
      },
    ]),
  ],
  providers: [CustomerService],
})
export class CustomerModule {}
