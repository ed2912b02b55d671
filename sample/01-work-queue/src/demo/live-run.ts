import { once } from 'node:events';
import type { Demo } from './demo.js';
import type { Summary } from './summary.js';
import { table } from './table.js';

const REDRAW = 250;
const CLEAR_SCREEN = '\x1b[2J';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const CTRL_C = '\x03';

/**
 * The table, drawn over itself until somebody quits. Like `top` it uses the ordinary screen and leaves the cursor as it
 * is, so that nothing but the mode of the keyboard has to be put right in the end, and Node does that even in a crash.
 */
export async function runLive(demo: Demo, stop: AbortController): Promise<Summary> {
  const { stdin, stdout } = process;
  const startedAt = performance.now();
  const draw = () => {
    const seconds = Math.floor((performance.now() - startedAt) / 1_000);
    const lines = table(demo, seconds, { columns: stdout.columns, rows: stdout.rows, colours: stdout.hasColors() });
    stdout.write(HOME + lines.map((line) => `${line}${CLEAR_LINE}\r\n`).join('') + CLEAR_BELOW);
  };
  const clear = () => stdout.write(CLEAR_SCREEN) && draw();
  const press = (keys: Buffer) => {
    for (const key of keys.toString()) onKey(key, demo, stop);
  };

  stdin.setRawMode(true).on('data', press);
  stdout.on('resize', clear);
  // What was on the screen moves up, out of the way.
  stdout.write('\n'.repeat(stdout.rows));
  const timer = setInterval(draw, REDRAW);
  try {
    clear();
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    return await demo.finish();
  } finally {
    clearInterval(timer);
    draw();
    stdout.off('resize', clear);
    stdin.setRawMode(false).off('data', press).pause();
  }
}

function onKey(key: string, demo: Demo, stop: AbortController): void {
  const worker = demo.workers[Number(key) - 1];
  if (key === 'q' || key === CTRL_C) process.emit('SIGINT');
  else if (stop.signal.aborted) return;
  else if (worker !== undefined) demo.kill(worker);
  else if (key === 'k') demo.killAny();
  else if (key === 'r') demo.revive().catch((error: unknown) => demo.lines.push((error as Error).message));
}
