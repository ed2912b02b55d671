import { connect } from 'mqtt';
import { FILTER, type Job } from '../support/drain.js';
import { IN_FLIGHT, SESSION_EXPIRY } from '../support/settings.js';
import { input, meter, subscribed } from '../support/subject.js';

const { url, protocolVersion, name } = input;
const client = connect(url, {
  protocolVersion,
  clientId: name,
  clean: false,
  properties: protocolVersion === 5 ? { sessionExpiryInterval: SESSION_EXPIRY, receiveMaximum: IN_FLIGHT } : undefined,
});
client.on('message', (_topic, payload) => meter.end(JSON.parse(payload.toString()) as Job));
await client.subscribeAsync(`$share/${name}/${FILTER}`, { qos: 1 });
subscribed();
