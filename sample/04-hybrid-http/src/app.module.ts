import { Module } from '@nestjs/common';
import { MQTTSharedModule } from 'nestjs-mqtt-shared';
import { ThumbnailsController } from './thumbnails.controller.js';
import { ThumbnailsService } from './thumbnails.service.js';
import { ThumbnailsWorker } from './thumbnails.worker.js';

@Module({
  imports: [MQTTSharedModule.forRootAsync({ useFactory: () => ({ url: process.env.MQTT_URL }) })],
  controllers: [ThumbnailsController, ThumbnailsWorker],
  providers: [ThumbnailsService],
})
export class AppModule {}
