import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'mqtt';
import { FILTER, type Job } from '../support/job.js';
import { SESSION_EXPIRY } from '../support/settings.js';
import { input, meter, subscribed } from '../support/subject.js';
import type { WaitingInput } from '../support/waiting.js';

/** The same waits as of a handler, as many as come, each acknowledged before it begins: no more can be had of mqtt.js. */
const { url, name, qos, wait } = input as WaitingInput;

async function work(payload: Buffer): Promise<void> {
  const job = JSON.parse(payload.toString()) as Job;
  meter.begin();
  await sleep(wait);
  meter.end(job);
}

const properties = { sessionExpiryInterval: SESSION_EXPIRY };
const client = connect(url, { protocolVersion: 5, clientId: name, clean: false, properties });
client.on('message', (_topic, payload) => void work(payload));
await client.subscribeAsync(`$share/${name}/${FILTER}`, { qos });
subscribed();
