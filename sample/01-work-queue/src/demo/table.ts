import { note } from './note.js';
import type { Demo } from './demo.js';
import type { Ledger } from './ledger.js';
import type { WorkerProcess } from './worker-process.js';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly colours: boolean;
}

const WIDTH_WITHOUT_BAR = 69;
const LONGEST_BAR = 40;
const LOG_LINES = 2;
const KEYS = '  k kill one at random   1-3 kill that one   r start the dead again   q quit';

type Style = 'plain' | 'bold' | 'dim' | 'red';
type Line = readonly [text: string, style: Style];

const COLOURS: Record<Style, string> = { plain: '', bold: '\x1b[1m', dim: '\x1b[2m', red: '\x1b[31m' };
const PLAIN = '\x1b[0m';

/** The table as lines that fit the terminal. */
export function table(demo: Demo, seconds: number, { columns, rows, colours }: Screen): string[] {
  const { workers, ledger, broker } = demo;
  const rate = workers.reduce((sum, worker) => sum + worker.rate, 0);
  const bar = Math.max(0, Math.min(LONGEST_BAR, columns - 1 - WIDTH_WITHOUT_BAR));
  const [seen, next] = note(demo);
  const lines: Line[] = [
    [`nestjs-mqtt-shared   a publisher and three workers, $share/workers/${demo.queue}/#`, 'bold'],
    [`${demo.where}, running for ${seconds} s`, 'dim'],
    ['', 'plain'],
    [row('', 'worker', 'pid', 'state', 'received', 'running', 'acked', 'per s', 'share'), 'dim'],
    ...workers.map((worker, index): Line => [workerRow(worker, index + 1, rate, bar), worker.isDead ? 'red' : 'plain']),
    ['', 'plain'],
    [`${totals(ledger)}${broker ? `   lost ${ledger.lost}` : ''}`, ledger.lost > 0 ? 'red' : 'bold'],
    ['', 'plain'],
    [`  ${seen}`, 'plain'],
    [`  ${next}`, 'plain'],
    ['', 'plain'],
    [demo.isFinishing ? '' : KEYS, 'dim'],
    ...demo.lines.slice(-LOG_LINES).map((line): Line => [`  ${line}`, 'dim']),
  ];
  const shown = lines.length < rows ? lines : lines.filter(([text]) => text !== '');
  return shown.slice(0, rows - 1).map(([text, style]) => {
    const fitting = text.slice(0, columns - 1);
    return colours && style !== 'plain' ? COLOURS[style] + fitting + PLAIN : fitting;
  });
}

function totals({ published, handled, unhandled, duplicates }: Ledger): string {
  return `  published ${published}   handled ${handled}   open ${unhandled}   duplicates ${duplicates}`;
}

function workerRow(worker: WorkerProcess, key: number, totalRate: number, bar: number): string {
  const { name, pid = 0, state, figures, rate } = worker;
  const share = totalRate === 0 ? 0 : rate / totalRate;
  const cells = [figures.received, figures.running, figures.acknowledged, rate.toFixed(1)].map(String);
  const columns = row(`${key}`, name, `${pid}`, state, ...cells, `${Math.round(100 * share)} %`);
  return `${columns}  ${'█'.repeat(Math.round(share * bar))}`;
}

function row(key: string, name: string, pid: string, state: string, ...figures: string[]): string {
  const right = figures.map((figure) => figure.padStart(8)).join('');
  return `${key.padStart(3)} ${name.padEnd(9)}${pid.padStart(7)}  ${state.padEnd(9)}${right}`;
}
