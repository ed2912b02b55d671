/**
 * Fetches the brokers that the suite in test/brokers starts with Java, into the user's cache folder: exactly the files
 * of test/brokers/downloads.json, each checked against its SHA-256.
 *
 *   npm run brokers:install [-- hivemq artemis]
 *
 * From Maven Central, or from the mirror of it that ~/.m2/settings.xml or MAVEN_MIRROR_URL names.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const DOWNLOADS = JSON.parse(readFileSync(new URL('../test/brokers/downloads.json', import.meta.url), 'utf8'));
const MAVEN_CENTRAL = 'https://repo1.maven.org/maven2';
const AT_ONCE = 8;
const TRIES = 3;
const TIMEOUT = 120_000;

/** Where the broker of this name is, or will be. The version is in the path, so that a newer pin is fetched anew; `test/brokers/support` looks there. */
function brokerFolder(name) {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'nestjs-mqtt-shared', 'brokers', `${name}-${DOWNLOADS[name].version}`);
}

async function install(name) {
  const folder = brokerFolder(name);
  if (existsSync(folder)) {
    console.log(`${name} ${DOWNLOADS[name].version}: there already`);
    return;
  }
  const started = Date.now();
  await mkdir(dirname(folder), { recursive: true });
  // Complete or not at all, whoever else installs at the same time.
  const incomplete = await mkdtemp(`${folder}-`);
  try {
    const files = Object.entries(DOWNLOADS[name].files);
    const lane = async () => {
      for (let next = files.shift(); next; next = files.shift()) await fetchFile(incomplete, ...next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    await rename(incomplete, folder).catch((error) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(incomplete, { recursive: true, force: true });
  }
  console.log(`${name} ${DOWNLOADS[name].version}: fetched in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

async function fetchFile(folder, path, sha256) {
  const content = await download(path);
  const actual = createHash('sha256').update(content).digest('hex');
  if (actual !== sha256) throw new Error(`${path} has the SHA-256 ${actual}, and is not what was pinned: ${sha256}`);
  const file = join(folder, basename(path));
  await writeFile(file, content);
  if (!file.endsWith('.tar.gz')) return;
  execFileSync('tar', ['-xzf', file, '-C', folder, '--strip-components=1']);
  await rm(file);
}

async function download(path) {
  const base = repository();
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(`${base}/${path}`, { signal: AbortSignal.timeout(TIMEOUT) });
      if (!response.ok) throw new Error(`${path}: HTTP status ${response.status}`);
      return Buffer.from(await response.arrayBuffer());
    } catch (error) {
      if (attempt === TRIES) throw new Error(`${path} could not be fetched after ${TRIES} tries`, { cause: error });
    }
  }
}

function repository() {
  return (process.env.MAVEN_MIRROR_URL ?? mirrorInSettings() ?? MAVEN_CENTRAL).replace(/\/+$/, '');
}

/** The mirror that Maven itself would use for Central. */
function mirrorInSettings() {
  const file = join(homedir(), '.m2', 'settings.xml');
  if (!existsSync(file)) return undefined;
  const settings = readFileSync(file, 'utf8').replace(/<!--[\s\S]*?-->/g, '');
  for (const [mirror] of settings.matchAll(/<mirror>[\s\S]*?<\/mirror>/g)) {
    const of = /<mirrorOf>\s*([^<]*?)\s*<\/mirrorOf>/.exec(mirror)?.[1] ?? '';
    const url = /<url>\s*(https?:[^<]*?)\s*<\/url>/.exec(mirror)?.[1];
    if (url && of.split(',').some((id) => ['*', 'central', 'external:*'].includes(id))) return url;
  }
  return undefined;
}

const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : Object.keys(DOWNLOADS)) await install(name);
