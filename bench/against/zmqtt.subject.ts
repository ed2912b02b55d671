import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../report/results.js';
import { childInput, tellParent } from '../support/child.js';
import { PYTHON } from '../support/installed.js';
import type { WaitingInput } from '../support/waiting.js';

/** Passes on what the Python process says, which ends with this one. */
const input = childInput<WaitingInput>();
const { hostname: host, port } = new URL(input.url);
const script = fileURLToPath(new URL('bench/against/zmqtt_worker.py', ROOT));
const python = spawn(PYTHON, [script, JSON.stringify({ ...input, host, port: Number(port) })], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
createInterface(python.stdout).on('line', (line) => tellParent(JSON.parse(line) as object));
python.once('exit', (code) => process.exit(code ?? 1));
