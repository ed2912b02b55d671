/** Only lib/session/ knows mqtt.js: no other file of the library imports it, not even a type of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const LIBRARY = fileURLToPath(new URL('../lib', import.meta.url));

const offenders = readdirSync(LIBRARY, { recursive: true })
  .filter((file) => file.endsWith('.ts') && !file.startsWith(`session${sep}`))
  .filter((file) => importsMqtt(readFileSync(join(LIBRARY, file), 'utf8')));

for (const file of offenders) {
  console.error(`lib/${file} imports mqtt; only lib/session/ may. Put what it needs behind an interface there.`);
}
process.exitCode = offenders.length > 0 ? 1 : 0;

function importsMqtt(source) {
  return ts.preProcessFile(source).importedFiles.some(({ fileName }) => /^mqtt(\/|$)/.test(fileName));
}
