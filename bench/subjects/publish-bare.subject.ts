import { connectAsync } from 'mqtt';
import { TOPIC } from '../support/job.js';
import { measurePublishing, publishInput } from '../support/publishing.js';

const { url, protocolVersion, messages } = publishInput();
const client = await connectAsync(url, { protocolVersion });
await measurePublishing(messages, (job) => client.publishAsync(TOPIC, JSON.stringify(job), { qos: 1 }));
