/** Aborted by the first SIGINT, SIGTERM or SIGHUP, or when nobody reads any more; the second ends the process at once. */
export function stopSignal(): AbortController {
  const controller = new AbortController();
  const stop = () => (controller.signal.aborted ? process.exit(1) : controller.abort());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.stdout.on('error', () => controller.abort());
  return controller;
}
