import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, ServerMqtt } from '@nestjs/microservices';
import type { Packet } from 'mqtt-packet';
import { FILTER, type Job } from '../support/drain.js';
import { IN_FLIGHT, SESSION_EXPIRY } from '../support/settings.js';
import { input, meter, subscribed } from '../support/subject.js';

const { url, protocolVersion, name } = input;

@Controller()
class JobsController {
  @EventPattern(`$share/${name}/${FILTER}`)
  async resize(@Payload() job: unknown): Promise<void> {
    meter.end(job as Job);
  }
}

@Module({ controllers: [JobsController] })
class AppModule {}

const strategy = new ServerMqtt({
  url,
  protocolVersion,
  clientId: name,
  clean: false,
  properties: protocolVersion === 5 ? { sessionExpiryInterval: SESSION_EXPIRY, receiveMaximum: IN_FLIGHT } : undefined,
  subscribeOptions: { qos: 1 },
});
// `listen()` completes with CONNACK, before the broker has taken the subscription.
strategy.on('packetreceive' as never, ((packet: Packet) => packet.cmd === 'suback' && subscribed()) as never);
const app = await NestFactory.createMicroservice(AppModule, { logger: ['error', 'warn'], strategy });
await app.listen();
