/**
 * Completes package-lock.json with the native packages of other platforms.
 *
 * A lock file written against a registry that serves only some platforms leaves the others out, and `npm ci` then
 * refuses the lock file on every platform. The version is the one that the parent asks for, the platform is in the
 * package's name; there is no integrity value, since there was nothing to compute it from.
 *
 *   node scripts/lock-platforms.mjs            adds what is missing
 *   node scripts/lock-platforms.mjs --check    fails when something is missing
 */
import { readFileSync, writeFileSync } from 'node:fs';

const LOCK_FILE = new URL('../package-lock.json', import.meta.url);
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPUS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];
const LIBCS = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8'));
const missing = Object.entries(lock.packages).flatMap(([parent, { optionalDependencies = {}, dev }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !isLocked(parent, name))
    .map(([name, version]) => [`node_modules/${name}`, platformEntry(name, version, dev)]),
);

if (process.argv.includes('--check')) {
  if (missing.length > 0) {
    console.error(`package-lock.json lacks ${missing.map(([path]) => path).join(', ')}`);
    console.error('Run: node scripts/lock-platforms.mjs');
    process.exitCode = 1;
  }
} else if (missing.length > 0) {
  const [root, ...packages] = Object.entries(lock.packages);
  lock.packages = Object.fromEntries([root, ...[...packages, ...missing].sort(([a], [b]) => a.localeCompare(b, 'en'))]);
  writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: ${missing.length} platform packages added`);
}

/** Looks where Node would: beside the parent, then in every node_modules above it. */
function isLocked(parent, name) {
  for (let folder = parent; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
    if (`${folder ? `${folder}/` : ''}node_modules/${name}` in lock.packages) return true;
    if (!folder.includes('/node_modules/')) return folder !== '' && `node_modules/${name}` in lock.packages;
  }
}

function platformEntry(name, version, dev) {
  const words = name.split(/[/-]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = CPUS.find((candidate) => words.includes(candidate));
  if (!os || !cpu || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(
      `package-lock.json lacks ${name}@${version}, and its name does not tell its platform. Run npm install.`,
    );
  }
  const libc = os === 'linux' ? LIBCS[words.at(-1)] : undefined;
  return { version, cpu: [cpu], ...(dev && { dev }), ...(libc && { libc: [libc] }), optional: true, os: [os] };
}
