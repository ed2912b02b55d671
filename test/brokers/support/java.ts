import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const OLDEST = 17;

/** Little memory, and soon there: what counts is the start, not what comes after an hour. */
export const SMALL_AND_QUICK = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** A loaded machine with two cores has other things to do. */
export const READY_WITHIN = 60_000;

export const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin', 'java') : 'java';

/** Where `npm run brokers:install` puts the broker of this name. */
export function installedAt(name: string): string {
  const downloads = JSON.parse(readFileSync(new URL('../downloads.json', import.meta.url), 'utf8')) as Record<
    string,
    { version: string }
  >;
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'nestjs-mqtt-shared', 'brokers', `${name}-${downloads[name]?.version}`);
}

/** What a broker that runs on Java lacks. */
export function missing(name: string): string | undefined {
  if (!existsSync(installedAt(name))) return 'npm run brokers:install';
  const version = javaVersion();
  if (version === undefined) return `no Java on the PATH (apt-get install default-jre-headless)`;
  return version < OLDEST ? `Java ${OLDEST} or later is needed, and ${version} is on the PATH` : undefined;
}

function javaVersion(): number | undefined {
  try {
    const release = execFileSync(java, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return Number(/\s(\d+)/.exec(release)?.[1]);
  } catch {
    return undefined;
  }
}
