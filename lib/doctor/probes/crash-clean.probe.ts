import type { Probe } from '../probe.js';
import { crash, type CrashFinding, tellCrash } from './crash.js';

export const crashCleanProbe: Probe<CrashFinding> = {
  asks: 'Who gets what a dead member of a clean session held?',
  run: (bench) => crash(bench, 'clean'),
  tell: tellCrash,
};
