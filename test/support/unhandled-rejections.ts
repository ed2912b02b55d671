import { runInThisContext } from 'node:vm';

// The `process` that Jest gives to tests is a copy, and hears of no rejection.
const realProcess = runInThisContext('process') as NodeJS.Process;

/** Runs `work`, and resolves with the reasons of the rejections that would have ended a process without Jest. */
export async function unhandledRejectionsIn(work: () => Promise<void>): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const note = (reason: unknown): void => void reasons.push(reason);
  realProcess.on('unhandledRejection', note);
  try {
    await work();
    // Node looks for them when the microtasks of a turn are done.
    await new Promise((resolve) => setImmediate(resolve));
    return reasons;
  } finally {
    realProcess.off('unhandledRejection', note);
  }
}
