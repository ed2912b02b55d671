import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock.js';
import type { Load } from './latency.js';

/** Sends what `load` asks for. At a rate nothing is waited for, so that a slow answer does not slow down what follows. */
export async function sendAll({ messages, pace }: Load, send: () => Promise<unknown>): Promise<void> {
  let sent = 0;
  if ('outstanding' in pace) {
    const worker = async (): Promise<void> => {
      while (sent < messages) {
        sent++;
        await send();
      }
    };
    await Promise.all(Array.from({ length: pace.outstanding }, worker));
    return;
  }
  const answers: Promise<unknown>[] = [];
  const start = now();
  while (sent < messages) {
    const due = Math.min(messages, ((now() - start) * pace.rate) / 1_000);
    for (; sent < due; sent++) answers.push(send());
    await sleep(1);
  }
  await Promise.all(answers);
}
