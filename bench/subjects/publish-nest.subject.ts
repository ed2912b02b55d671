import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { ClientMqtt, MqttRecordBuilder } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { TOPIC } from '../support/job.js';
import { measurePublishing, publishInput } from '../support/publishing.js';

const { url, protocolVersion, messages } = publishInput();
Logger.overrideLogger(['error', 'warn']);
const client = new ClientMqtt({ url, protocolVersion });
await client.connect();
await measurePublishing(messages, (job) =>
  lastValueFrom(client.emit(TOPIC, new MqttRecordBuilder(job).setQoS(1).build()), { defaultValue: undefined }),
);
