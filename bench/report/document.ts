import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { fileURLToPath } from 'node:url';
import { PARTS } from '../parts.js';
import { passed } from '../support/check.js';
import { isFigure, type Table } from '../support/table.js';
import { describe } from './machine.js';
import { load, type Result, ROOT } from './results.js';
import { summary } from './summary.js';
import { svg } from './svg.js';

const CHARTS = new URL('docs/performance/', ROOT);

/** Puts the results that are there between the marks of docs/performance.md and README.md, and draws their charts. */
export async function writeDocument(): Promise<void> {
  const byPart = new Map((await load()).map((result) => [result.part, result]));
  const results = PARTS.map(({ name }) => byPart.get(name)).filter((result) => result !== undefined);
  await mkdir(CHARTS, { recursive: true });
  await rewrite('docs/performance.md', (text) => {
    const withVerdicts = between(text, 'verdicts', verdicts(results));
    return PARTS.reduce((so, { name }) => between(so, name, sectionOf(byPart.get(name))), withVerdicts);
  });
  for (const chart of results.flatMap(({ charts }) => charts)) {
    await writeFile(new URL(`${chart.name}.svg`, CHARTS), svg(chart));
  }
  // What stands on the first page is not of a short run.
  const overhead = results.find(({ part, scale }) => part === 'overhead' && scale === 'full');
  if (overhead !== undefined) await rewrite('README.md', (text) => between(text, 'summary', summary(overhead)));
}

async function rewrite(name: string, change: (text: string) => string): Promise<void> {
  const file = new URL(name, ROOT);
  const path = fileURLToPath(file);
  const text = change(await readFile(file, 'utf8'));
  await writeFile(file, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}

function between(text: string, mark: string, content: string): string {
  const [begin, end] = [`<!-- bench: ${mark} -->`, '<!-- /bench -->'];
  const start = text.indexOf(begin);
  if (start < 0) throw new Error(`There is no "${begin}" for what was measured.`);
  const stop = text.indexOf(end, start);
  return `${text.slice(0, start)}${begin}\n\n${content}\n\n${text.slice(stop)}`;
}

/** A short run proves nothing, either way. */
function verdicts(results: readonly Result[]): string {
  const checks = results.filter(({ scale }) => scale === 'full').flatMap((result) => result.checks);
  if (checks.length === 0) return 'Nothing has been measured in full yet.';
  const rows = checks.map((check) => {
    const { what, value, bound, limit } = check;
    return [passed(check) ? 'holds' : '**does not hold**', what, value.toFixed(2), `${bound} ${limit}`];
  });
  return markdown({ caption: '', heads: ['', 'what', 'measured', 'promised'], rows });
}

function sectionOf(result: Result | undefined): string {
  if (result === undefined) return 'Not measured yet.';
  const { scale, command, date, seconds, machine, broker, tables, charts, skipped = [] } = result;
  const rough = scale === 'quick' ? ' **A short run: rough figures.**' : '';
  const pictures = charts.map(({ name, title }) => `![${title}](performance/${name}.svg)`);
  const origin = `\`${command}\`, ${date.slice(0, 10)}, ${Math.round(seconds)} s. ${describe(machine)}; ${broker}.${rough}`;
  const left = skipped.map((reason) => `Skipped: ${reason}`);
  return [...pictures, ...tables.map(markdown), ...left, origin].join('\n\n');
}

function markdown({ caption, heads, rows }: Table): string {
  const rule = heads.map((_head, column) =>
    rows.every((row) => isFigure(row[column] ?? '')) && rows.length > 0 ? '--:' : '---',
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${caption === '' ? '' : `${caption}:\n\n`}${[heads, rule, ...rows].map(line).join('\n')}`;
}
