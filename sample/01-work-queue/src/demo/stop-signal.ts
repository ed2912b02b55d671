/** Milliseconds. */
const PARENT_CHECK = 500;

/**
 * Aborted by the first SIGINT, SIGTERM or SIGHUP, when nobody reads any more, and when the shell of npm has ended, which
 * passes no signal on. A second signal ends the process at once.
 */
export function stopSignal(): AbortController {
  const controller = new AbortController();
  const stop = () => (controller.signal.aborted ? process.exit(1) : controller.abort());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.stdout.on('error', () => controller.abort());
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && controller.abort(), PARENT_CHECK).unref();
  return controller;
}
