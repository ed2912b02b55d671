/**
 * Installs the packed library in a project of its own with Nest 11, outside the checkout, and there
 * type-checks and runs a CommonJS and an ES module consumer and the end-to-end specs.
 *
 *   node scripts/nest11.mjs [--report report.json]        (after npm run build)
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const NEST = '^11.1.4';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Milliseconds for any one command; a hanging one must not keep the folder of the project from being removed. */
const TIMEOUT = 480_000;
const NOT_NEEDED = ['@arethetypeswrong/cli', '@nestjs/cli', 'oxlint', 'oxlint-tsgolint', 'prettier', 'publint'];

const { report } = parseArgs({ options: { report: { type: 'string' } } }).values;
const project = realpathSync(mkdtempSync(join(tmpdir(), 'nest11-')));
try {
  if (succeeds(install)) for (const part of [compileConsumers, runConsumers, runSpecs]) succeeds(part);
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** What a command had to say it has said itself; the parts after it may have more to say. */
function succeeds(part) {
  try {
    part();
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
    return false;
  }
}

function install() {
  const packed = run('npm', ['pack', '--silent', '--pack-destination', project], ROOT, 'pipe').trim();
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const wanted = Object.entries(devDependencies)
    .filter(([name]) => !NOT_NEEDED.includes(name))
    .map(([name, version]) => [name, name.startsWith('@nestjs/') ? NEST : version]);
  writeJson('package.json', {
    private: true,
    type: 'module',
    dependencies: { ...Object.fromEntries(wanted), 'nestjs-mqtt-shared': `file:${packed}` },
  });
  run('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']);
  run('npm', ['ls', '@nestjs/common', '@nestjs/microservices', '--depth=0']);
}

function compileConsumers() {
  for (const extension of ['cts', 'mts']) {
    cpSync(join(ROOT, 'scripts/nest11.consumer.ts'), join(project, `consumer.${extension}`));
  }
  writeJson('tsconfig.json', {
    compilerOptions: {
      target: 'ES2023',
      module: 'nodenext',
      strict: true,
      skipLibCheck: false,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      types: ['node'],
      outDir: 'out',
    },
    files: ['consumer.cts', 'consumer.mts'],
  });
  run('npx', ['tsc', '-p', '.']);
}

function runConsumers() {
  for (const consumer of ['out/consumer.cjs', 'out/consumer.mjs']) {
    run(process.execPath, [consumer]);
    console.log(`${consumer} runs`);
  }
}

function runSpecs() {
  cpSync(join(ROOT, 'test'), join(project, 'test'), { recursive: true });
  // A spec or a helper that imports ../../lib/ gets what is installed, too.
  symlinkSync(join(project, 'node_modules/nestjs-mqtt-shared/dist'), join(project, 'lib'), 'junction');
  cpSync(join(ROOT, 'jest.config.js'), join(project, 'jest.config.base.js'));
  writeFileSync(
    join(project, 'jest.config.js'),
    `import base from './jest.config.base.js';
export default {
  ...base,
  roots: ['<rootDir>/test/e2e'],
  moduleNameMapper: { '^(\\\\.{1,2}/.*)\\\\.js$': '$1' },
};
`,
  );
  const json = report ? ['--json', `--outputFile=${resolve(report)}`] : [];
  run(process.execPath, ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--ci', ...json]);
}

function writeJson(name, value) {
  writeFileSync(join(project, name), JSON.stringify(value, null, 2));
}

function run(command, args, cwd = project, stdout = 'inherit') {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', stdout, 'inherit'],
    timeout: TIMEOUT,
    killSignal: 'SIGKILL',
  });
}
