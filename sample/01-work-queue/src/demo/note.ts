import type { Demo } from './demo.js';

/** Milliseconds after which a killed worker's share can be seen to have moved on, and a job has waited for long. */
const A_WHILE = 3_000;

/** What is to be seen at this moment, in two lines. */
export function note(demo: Demo): [string, string] {
  const { workers, ledger } = demo;
  if (demo.isFinishing) return [ledger.unhandled > 0 ? 'Finishing what is open …' : 'Every job is handled.', ''];
  const dead = workers.filter(({ isDead }) => isDead);
  const names = `${dead.map(({ name }) => name).join(' and ')} ${dead.length === 1 ? 'is' : 'are'}`;
  const waiting = ledger.waitingFor(A_WHILE);
  if (dead.length === 0) return ['Each job goes to one worker. Press k to kill one of them with SIGKILL.', ''];
  if (dead.length === workers.length) {
    return ['Nobody is left: the jobs wait with the broker.', 'Press r to start the workers again.'];
  }
  if (waiting > 0) {
    return [
      `${names} dead, and ${waiting} jobs wait: this broker keeps them for it.`,
      'Another worker adopts them soon. Press r to start it again.',
    ];
  }
  if (demo.sinceKill < A_WHILE) return [`${names} dead. See its share move on to the others.`, ''];
  return [`${names} dead, and its share has moved on to the others.`, 'Press r to start it again.'];
}
