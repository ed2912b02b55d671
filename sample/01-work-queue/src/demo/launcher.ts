import { type INestApplicationContext, Logger, type LogLevel } from '@nestjs/common';
import { type Report, STOP } from './messages.js';

/** Whether `npm start` started this process and listens to it. Without it, worker and publisher run by themselves. */
export const isLaunched = process.send !== undefined;

/** The launcher has a table on its screen and no room for more than what went wrong. */
export const logger: LogLevel[] = isLaunched ? ['warn', 'error', 'fatal'] : ['log', 'warn', 'error', 'fatal'];

/** Milliseconds in which a process whose launcher has died ends in any case. */
const ORPHAN_DEADLINE = 3_000;

/** Resolves when the report is written, so that it arrives even if this process is killed right after. */
export function report(message: Report): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

/** Says that this process is ready, and ends it when the launcher asks for that or is gone, also when it was killed. */
export async function followLauncher(app: INestApplicationContext): Promise<void> {
  if (!isLaunched) return;
  const stop = new Promise<void>((resolve) => {
    process.on('message', (message) => message === STOP && resolve());
    process.on('disconnect', () => {
      setTimeout(() => process.exit(1), ORPHAN_DEADLINE).unref();
      resolve();
    });
  });
  await report({ type: 'ready' });
  await stop;
  await app.close();
  if (process.connected) process.disconnect();
}

/** Without a broker there is nothing to do, and the message says what is wrong. */
export function startFailed(error: unknown): never {
  new Logger('Main').error(error instanceof Error ? error.message : error);
  process.exit(1);
}
