import 'reflect-metadata';
import { lastValueFrom } from 'rxjs';
import { ClientMQTTShared } from '../../lib/index.js';
import { TOPIC } from '../support/job.js';
import { measurePublishing, publishInput } from '../support/publishing.js';

const { url, protocolVersion, messages } = publishInput();
const client = new ClientMQTTShared({ url, protocolVersion });
await client.connect();
await measurePublishing(messages, (job) => lastValueFrom(client.emit(TOPIC, job)));
