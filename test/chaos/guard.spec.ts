import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EXEC_ARGV } from './guard.js';

describe('A chaos run that is killed', () => {
  let started: number | undefined;

  afterEach(() => {
    if (started === undefined) return;
    try {
      process.kill(started, 'SIGKILL');
    } catch {
      // As it should be: it has ended.
    }
  });

  it('leaves nothing behind: no process, not even one that is stopped, and no folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'guarded-'));
    await writeFile(join(folder, 'data'), '');
    const script = fileURLToPath(new URL('guarded-run.ts', import.meta.url));
    const run = spawn(process.execPath, [...EXEC_ARGV, script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(run.stdout), 'line')) as [string];
    started = Number(line);
    process.kill(started, 'SIGSTOP');

    // All that it has started writes to the same place, and as long as one of them lives that stays open.
    const closed = once(run, 'close');
    run.kill('SIGKILL');
    await closed;

    expect(existsSync(folder)).toBe(false);
  });
});
