import { Module } from '@nestjs/common';
import { ClientsModule } from '@nestjs/microservices';
import { ClientMQTTShared } from 'nestjs-mqtt-shared';
import { JobPublisher } from './job-publisher.service.js';
import { ProgressService } from './progress.service.js';
import { MQTT_URL } from './settings.js';

@Module({
  imports: [ClientsModule.register([{ name: 'JOBS', customClass: ClientMQTTShared, options: { url: MQTT_URL } }])],
  providers: [JobPublisher, ProgressService],
})
export class PublisherModule {}
