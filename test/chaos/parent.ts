import type { Report, Script } from './protocol.js';

/** What this process was started with. */
export function optionsOf<S extends keyof Script>(_script: S): Script[S] {
  return JSON.parse(process.argv[2] ?? '{}') as Script[S];
}

/** Resolves when the report has left this process, so that whatever kills it cannot take the report back. */
export function report(what: Report): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(what, () => resolve());
  });
}
