import type { Job } from '../support/job.js';
import { filled, handle, input, jobs } from './subject.js';

/** What is used of BullMQ, which is not there when the benchmark is compiled. */
interface BullMQ {
  readonly Queue: new (
    name: string,
    options: object,
  ) => {
    addBulk(jobs: readonly object[]): Promise<unknown>;
    close(): Promise<void>;
  };
  readonly Worker: new (
    name: string,
    process: (job: { data: Job }) => Promise<void>,
    options: object,
  ) => { on(event: 'error', listener: (error: Error) => void): void };
}

const PER_CALL = 1_000;

const name = 'bullmq';
const { Queue, Worker } = (await import(name)) as BullMQ;
const connection = { host: '127.0.0.1', port: input.port, maxRetriesPerRequest: null };
const options = { connection, removeOnComplete: { count: 0 } };

async function fill(): Promise<void> {
  const queue = new Queue(input.name, { connection });
  const all = jobs().map((data) => ({ name: 'resize', data, opts: { removeOnComplete: true } }));
  for (let start = 0; start < all.length; start += PER_CALL) await queue.addBulk(all.slice(start, start + PER_CALL));
  await queue.close();
  filled();
}

if (input.task === 'fill') await fill();
else {
  const worker = new Worker(input.name, ({ data }) => handle(data), { ...options, concurrency: input.concurrency });
  worker.on('error', (error) => console.error(error));
}
