import { Demo } from './demo/demo.js';
import { runLive } from './demo/live-run.js';
import { runPlain } from './demo/plain-run.js';
import { stopSignal } from './demo/stop-signal.js';
import { summaryLines } from './demo/summary.js';

/**
 * What `npm start` runs: a broker, unless `MQTT_URL` names one, a publisher and three workers, each in a process of its
 * own, and a table of what they do. The work queue itself is in `worker.ts` and `publisher.ts`.
 */
async function main(): Promise<void> {
  const stop = stopSignal();
  const demo = new Demo();
  console.log('Starting …');
  await demo.start();
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const summary = await (isTerminal ? runLive(demo, stop) : runPlain(demo, stop));
  for (const line of summaryLines(summary)) console.log(line);
  if (summary.lost > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
