/**
 * Runs a sample: builds the library and the sample, whichever is older than its sources, and runs the sample in this
 * process, so that signals, keys and the exit code are the sample's own.
 *
 *   node scripts/sample.mjs 02-request-reply
 *   node scripts/sample.mjs --build            builds what all samples need, and runs none
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

const names = readdirSync(join(ROOT, 'sample')).sort();
const [wanted] = process.argv.slice(2);

if (wanted === '--build') {
  buildLibrary();
  names.forEach(buildSample);
} else if (wanted !== undefined && names.includes(wanted)) {
  buildLibrary();
  buildSample(wanted);
  await import(new URL(`../sample/${wanted}/dist/main.js`, import.meta.url).href);
} else {
  console.error(`Which sample? npm run sample <name>, with one of\n  ${names.join('\n  ')}`);
  process.exitCode = 1;
}

function buildLibrary() {
  build('the library', 'dist', 'tsconfig.build.json', ['lib', 'tsconfig.json', 'tsconfig.build.json', 'package.json']);
}

function buildSample(name) {
  const folder = `sample/${name}`;
  build(`sample ${name}`, `${folder}/dist`, `${folder}/tsconfig.app.json`, [`${folder}/src`, 'dist', 'tsconfig.json']);
}

function build(what, output, project, sources) {
  if (newest(output) > Math.max(...sources.map(newest))) return;
  console.error(`Building ${what} …`);
  rmSync(join(ROOT, output), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [TSC, '-p', project, '--noEmitOnError'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) return;
  console.error(`${what} could not be built.`);
  process.exit(1);
}

/** When the newest file at a path was written; 0 where there is none. */
function newest(path) {
  const absolute = join(ROOT, path);
  const entry = statSync(absolute, { throwIfNoEntry: false });
  if (entry === undefined) return 0;
  if (!entry.isDirectory()) return entry.mtimeMs;
  const files = readdirSync(absolute, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return Math.max(0, ...files.map((file) => statSync(join(file.parentPath, file.name)).mtimeMs));
}
