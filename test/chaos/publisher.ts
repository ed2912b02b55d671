import { firstValueFrom } from 'rxjs';
import { setTimeout } from 'node:timers/promises';
import { ClientMQTTShared } from 'nestjs-mqtt-shared';
import { endWithParent, optionsOf, report } from './parent.js';
import { jobTopic } from './protocol.js';

/** Milliseconds between two portions. */
const TURN = 50;

const { url, protocolVersion, first, jobs, seconds } = optionsOf('publisher');
const client = new ClientMQTTShared({ url, protocolVersion });
await client.connect();
endWithParent();
await report({ type: 'ready' });

async function publish(id: number): Promise<number | undefined> {
  try {
    await firstValueFrom(client.emit(jobTopic(id), String(id)), { defaultValue: undefined });
    return id;
  } catch (error) {
    await report({ type: 'refused', id, why: String(error) });
    return undefined;
  }
}

const begun = performance.now();
const portions: Promise<void>[] = [];
for (let next = 0; next < jobs;) {
  const due = Math.min(jobs, Math.ceil((jobs * (performance.now() - begun + TURN)) / (seconds * 1000)));
  const ids = Array.from({ length: due - next }, (_, i) => first + next + i);
  next = due;
  const taken = Promise.all(ids.map(publish)).then((each) => each.filter((id) => id !== undefined));
  portions.push(taken.then((published) => report({ type: 'published', ids: published })));
  await setTimeout(TURN);
}
await Promise.all(portions);
await report({ type: 'all-published' });
await client.close();
process.disconnect();
