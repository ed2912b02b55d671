import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './report/results.js';
import { AGAINST, findServer, PYTHON } from './support/installed.js';

/** Fetches the clients of the systems that `against` compares with, into a folder that only the benchmark knows. */
const SERVERS = ['rabbitmq-server', 'redis-server', 'nats-server'];
const source = (file: string): string => fileURLToPath(new URL(`bench/against/${file}`, ROOT));

mkdirSync(AGAINST, { recursive: true });
copyFileSync(source('package.json'), join(AGAINST, 'package.json'));
run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']);
run('python3', ['-m', 'venv', 'venv']);
run(PYTHON, ['-m', 'pip', 'install', '--quiet', '-r', source('requirements.txt')]);

const missing = SERVERS.filter((name) => findServer(name) === undefined);
console.log(
  missing.length === 0
    ? 'Everything is there: npm run bench -- --only against'
    : `Missing, and skipped: ${missing.join(', ')} (apt-get install ${missing.join(' ')})`,
);

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { cwd: AGAINST, stdio: 'inherit' });
}
