#!/usr/bin/env node
import { openMqttWire } from '../session/mqtt-wire.js';
import { runCommand } from './command.js';

const interrupted = new AbortController();

process.once('SIGINT', () => {
  process.stderr.write('\nClearing up; once more ends at once.\n');
  interrupted.abort(new Error('Interrupted'));
});
process.once('SIGTERM', () => interrupted.abort(new Error('Terminated')));

void runCommand(process.argv.slice(2), {
  open: openMqttWire,
  env: process.env,
  signal: interrupted.signal,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}).then((exitCode) => {
  process.exitCode = exitCode;
});
