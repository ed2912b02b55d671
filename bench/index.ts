import { parseArgs } from 'node:util';
import { PARTS } from './parts.js';
import { writeDocument } from './report/document.js';
import { describe, thisMachine } from './report/machine.js';
import { type Result, save } from './report/results.js';
import { describeBroker } from './support/broker.js';
import { type Check, passed } from './support/check.js';
import { exitOnSignals } from './support/end-with-us.js';
import { print } from './support/table.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    render: { type: 'boolean', default: false },
  },
});
exitOnSignals();
const scale = options.quick ? 'quick' : 'full';

if (options.render) await writeDocument();
else await run();

async function run(): Promise<void> {
  const names = options.only?.split(',') ?? PARTS.map(({ name }) => name);
  const unknown = names.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0) {
    throw new Error(`No such part: ${unknown.join(', ')}. There are ${PARTS.map(({ name }) => name).join(', ')}.`);
  }
  const machine = thisMachine();
  const broker = await describeBroker();
  console.log(`${describe(machine)}\n${broker}`);

  const checks: Check[] = [];
  for (const part of PARTS.filter(({ name }) => names.includes(name))) {
    console.log(`\n# ${part.name}: ${part.title}`);
    const start = performance.now();
    const findings = await part.measure(scale);
    findings.tables.forEach(print);
    for (const reason of findings.skipped ?? []) console.log(`\nSkipped: ${reason}`);
    checks.push(...findings.checks);
    if (!options.write) continue;
    const result: Result = {
      part: part.name,
      title: part.title,
      scale,
      command: `npm run bench -- --only ${part.name}${options.quick ? ' --quick' : ''} --write`,
      date: new Date().toISOString(),
      seconds: (performance.now() - start) / 1_000,
      machine,
      broker,
      ...findings,
    };
    await save(result);
    await writeDocument();
  }
  console.log();
  checks.forEach(say);
  if (scale === 'full' && !checks.every(passed)) process.exitCode = 1;
}

function say(check: Check): void {
  const { what, value, bound, limit } = check;
  console.log(`${passed(check) ? 'PASS' : 'FAIL'}  ${what}: ${value.toFixed(2)}, ${bound} ${limit}`);
}
