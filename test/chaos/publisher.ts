import { firstValueFrom } from 'rxjs';
import { setTimeout } from 'node:timers/promises';
import { ClientMQTTShared, PublishError } from 'nestjs-mqtt-shared';
import { jobTopic } from './jobs.js';
import { optionsOf, report } from './parent.js';

/** Milliseconds between two portions. */
const TURN = 50;
const NO_MATCHING_SUBSCRIBERS = 0x10;

const { url, protocolVersion, qos, requireSubscribers, first, jobs, seconds, poison } = optionsOf('publisher');
const client = new ClientMQTTShared({ url, protocolVersion, qos, requireSubscribers });
await client.connect();
await report({ type: 'ready' });

let unconfirmed = 0;
/** Nobody was subscribed to them. */
let again: number[] = [];
client.on('disconnect', () => void report({ type: 'publishing-again', count: unconfirmed }));

let taken: number[] = [];
function tellTaken(): void {
  void report({ type: 'published', ids: taken });
  taken = [];
}

async function publish(id: number): Promise<void> {
  unconfirmed++;
  try {
    await firstValueFrom(client.emit(jobTopic(id, poison), String(id)), { defaultValue: undefined });
    if (taken.length === 0) setImmediate(tellTaken);
    taken.push(id);
  } catch (error) {
    if (error instanceof PublishError && error.reasonCode === NO_MATCHING_SUBSCRIBERS) again.push(id);
    else await report({ type: 'refused', id, why: String(error) });
  }
  unconfirmed--;
}

const begun = performance.now();
let next = 0;
while (next < jobs || unconfirmed > 0 || again.length > 0) {
  const due = Math.min(jobs, Math.ceil((jobs * (performance.now() - begun + TURN)) / (seconds * 1000)));
  const refused = again;
  again = [];
  for (const id of refused) void publish(id);
  for (; next < due; next++) void publish(first + next);
  await setTimeout(TURN);
}
await setTimeout(0); // the last confirmations are told in the turn after them
await report({ type: 'all-published' });
await client.close();
process.disconnect();
