import { connect } from 'mqtt';
import { FILTER, type Job } from '../support/job.js';
import { SESSION_EXPIRY } from '../support/settings.js';
import { input, meter, subscribed } from '../support/subject.js';

const { url, protocolVersion, name, qos } = input;
const client = connect(url, {
  protocolVersion,
  clientId: name,
  clean: false,
  properties: protocolVersion === 5 ? { sessionExpiryInterval: SESSION_EXPIRY } : undefined,
});
client.on('message', (_topic, payload) => meter.end(JSON.parse(payload.toString()) as Job));
await client.subscribeAsync(`$share/${name}/${FILTER}`, { qos });
subscribed();
