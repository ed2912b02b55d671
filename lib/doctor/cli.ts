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
}).then(async (exitCode) => {
  // Whatever a broker keeps open; a pipe takes its time.
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit(exitCode);
});

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
