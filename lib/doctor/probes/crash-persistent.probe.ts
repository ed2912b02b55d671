import type { Probe } from '../probe.js';
import { crash, CRASH_LIMIT, type CrashFinding, tellCrash } from './crash.js';

export const crashPersistentProbe: Probe<CrashFinding> = {
  asks: 'Who gets what a dead member of a persistent session held?',
  limit: CRASH_LIMIT,
  run: (bench) => crash(bench, 'persistent'),
  tell: tellCrash,
};
