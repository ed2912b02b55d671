import { setTimeout } from 'node:timers/promises';
import type { Demo } from './demo.js';
import type { Summary } from './summary.js';
import type { WorkerProcess } from './worker-process.js';

const SECONDS = 10;
const KILL_AFTER = SECONDS / 2;

/** A line for each second, and a worker killed at half time; for logs, pipes and CI. */
export async function runPlain(demo: Demo, { signal }: AbortController): Promise<Summary> {
  console.log(`A publisher and three workers of $share/workers/${demo.queue}/#, ${demo.where}.`);
  const processes = [...demo.workers.map(({ name, pid }) => `${name} ${pid}`), `publisher ${demo.publisherPid}`];
  console.log(`processes: ${processes.join(', ')}`);
  const handledBefore = new Map<WorkerProcess, number>();
  for (let second = 1; second <= SECONDS && !signal.aborted; second += 1) {
    await setTimeout(1_000, undefined, { signal }).catch(() => {});
    for (const line of demo.lines.splice(0)) console.log(`      ${line}`);
    console.log(progress(demo, second, handledBefore));
    if (second === KILL_AFTER) killOne(demo);
  }
  return demo.finish();
}

function progress({ ledger, workers }: Demo, second: number, handledBefore: Map<WorkerProcess, number>): string {
  const { published, handled, unhandled, duplicates } = ledger;
  const each = workers.map((worker) => {
    const inThisSecond = worker.handled - (handledBefore.get(worker) ?? 0);
    handledBefore.set(worker, worker.handled);
    return `${worker.name} +${String(inThisSecond).padEnd(2)}`;
  });
  const totals = `published ${published}  handled ${handled}  open ${unhandled}  duplicates ${duplicates}`;
  return `${String(second).padStart(2)} s  ${each.join('  ')}  ${totals}`;
}

function killOne(demo: Demo): void {
  const victim = demo.workers[1];
  if (victim === undefined) return;
  demo.kill(victim);
  console.log(`      ${victim.name} (pid ${victim.pid}) is killed with SIGKILL`);
}
