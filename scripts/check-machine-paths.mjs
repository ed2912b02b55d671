/** What is tracked works on any machine: no path of the one it was written on, no registry host in the lock file. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MACHINE_PATH = /(?<![\w.)}*-])\/(?:work|root|tmp|home|Users)\//;
const REGISTRY = /"resolved": "https?:/;

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);
const findings = tracked
  .filter((file) => existsSync(ROOT + file))
  .flatMap((file) =>
    readFileSync(ROOT + file, 'utf8')
      .split('\n')
      .flatMap((line, index) => (offends(file, line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );

if (findings.length > 0) {
  console.error(findings.join('\n'));
  console.error('Use os.tmpdir(), a path relative to the file, or an option instead of a path of this machine.');
  process.exitCode = 1;
}

function offends(file, line) {
  return file === 'package-lock.json' ? REGISTRY.test(line) : MACHINE_PATH.test(line);
}
