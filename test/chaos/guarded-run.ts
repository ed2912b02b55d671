import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Guard } from './guard.js';

/** What guard.spec.ts kills: a run with one process, which says its number. */
const guard = await Guard.start();
guard.watchFolder(process.argv[2] ?? '');
guard.watch(fork(fileURLToPath(new URL('waiting.mjs', import.meta.url)), { execArgv: [] }));
