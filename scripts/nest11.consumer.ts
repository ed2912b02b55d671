/** What a user writes; compiled as CommonJS and as an ES module against the packed package, then run. */
import 'reflect-metadata';
import { Controller } from '@nestjs/common';
import { ClientProxy, type CustomTransportStrategy, Ctx, Payload, Server } from '@nestjs/microservices';
import { ClientMQTTShared, MQTTSharedContext, ServerMQTTShared, SharedPattern } from 'nestjs-mqtt-shared';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';

@Controller()
export class JobsController {
  @SharedPattern('workers', 'jobs/#')
  resize(@Payload() job: { image: number }, @Ctx() context: MQTTSharedContext): string {
    return `${context.topic}: ${job.image}`;
  }
}

const url = 'mqtt://127.0.0.1:1883';
const server: CustomTransportStrategy = new ServerMQTTShared({ url });
const client: ClientProxy = new ClientMQTTShared({ url });

const surprises = [
  !(server instanceof Server) && 'ServerMQTTShared extends the Server of another @nestjs/microservices',
  !(client instanceof ClientProxy) && 'ClientMQTTShared extends the ClientProxy of another @nestjs/microservices',
  typeof EmbeddedBroker !== 'function' && 'EmbeddedBroker is missing',
].filter(Boolean);

if (surprises.length > 0) throw new Error(surprises.join('; '));
