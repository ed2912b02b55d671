import type { Command, Report, Script } from './protocol.js';

/** What this process was started with. */
export function optionsOf<S extends keyof Script>(_script: S): Script[S] {
  return JSON.parse(process.argv[2] ?? '{}') as Script[S];
}

export function report(what: Report): void {
  process.send?.(what);
}

/** Carries commands out; a process whose parent has gone ends as well. */
export function obey(commands: Partial<Record<Command, () => void>>): void {
  process.on('message', (command: Command) => commands[command]?.());
  process.once('disconnect', () => process.exit());
}
