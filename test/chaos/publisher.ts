import { firstValueFrom } from 'rxjs';
import { setTimeout } from 'node:timers/promises';
import { ClientMQTTShared } from 'nestjs-mqtt-shared';
import { jobTopic } from './jobs.js';
import { optionsOf, report } from './parent.js';

/** Milliseconds between two portions. */
const TURN = 50;

const { url, protocolVersion, qos, first, jobs, seconds, poison } = optionsOf('publisher');
const client = new ClientMQTTShared({ url, protocolVersion, qos });
await client.connect();
await report({ type: 'ready' });

let unconfirmed = 0;
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
    await report({ type: 'refused', id, why: String(error) });
  }
  unconfirmed--;
}

const begun = performance.now();
const all: Promise<void>[] = [];
for (let next = 0; next < jobs;) {
  const due = Math.min(jobs, Math.ceil((jobs * (performance.now() - begun + TURN)) / (seconds * 1000)));
  for (; next < due; next++) all.push(publish(first + next));
  await setTimeout(TURN);
}
await Promise.all(all);
await setTimeout(0); // the last confirmations are told in the turn after them
await report({ type: 'all-published' });
await client.close();
process.disconnect();
