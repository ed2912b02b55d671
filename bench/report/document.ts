import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { fileURLToPath } from 'node:url';
import { type Check, passed } from '../support/check.js';
import { isFigure, type Table } from '../support/table.js';
import { describe } from './machine.js';
import { load, type Result, ROOT } from './results.js';
import { svg } from './svg.js';

const DOCUMENT = new URL('docs/performance.md', ROOT);
const CHARTS = new URL('docs/performance/', ROOT);

/** Puts the results that are there between the marks of docs/performance.md, and draws their charts. */
export async function writeDocument(): Promise<void> {
  const results = await load();
  let text = await readFile(DOCUMENT, 'utf8');
  text = between(text, 'verdicts', verdicts(results.flatMap(({ checks }) => checks)));
  for (const result of results) {
    text = between(text, result.part, sectionOf(result));
    await mkdir(CHARTS, { recursive: true });
    for (const chart of result.charts) await writeFile(new URL(`${chart.name}.svg`, CHARTS), svg(chart));
  }
  const path = fileURLToPath(DOCUMENT);
  await writeFile(DOCUMENT, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}

function between(text: string, mark: string, content: string): string {
  const [begin, end] = [`<!-- bench: ${mark} -->`, '<!-- /bench -->'];
  const start = text.indexOf(begin);
  if (start < 0) throw new Error(`docs/performance.md has no "${begin}" for what was measured.`);
  const stop = text.indexOf(end, start);
  return `${text.slice(0, start)}${begin}\n\n${content}\n\n${text.slice(stop)}`;
}

function verdicts(checks: readonly Check[]): string {
  const rows = checks.map((check) => {
    const { what, value, bound, limit } = check;
    return [passed(check) ? 'holds' : '**does not hold**', what, value.toFixed(2), `${bound} ${limit}`];
  });
  return markdown({ caption: '', heads: ['', 'what', 'measured', 'promised'], rows });
}

function sectionOf({ scale, command, date, seconds, machine, broker, tables, charts, skipped = [] }: Result): string {
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
