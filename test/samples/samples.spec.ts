import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hasMosquitto, type Mosquitto, startMosquitto } from '../support/mosquitto.js';
import { SampleProcess } from './sample-process.js';

const BUILD_TIMEOUT = 120_000;
const RUN_TIMEOUT = 40_000;
const MOSQUITTO = hasMosquitto();
const withMosquitto = MOSQUITTO ? describe : describe.skip;

const started: SampleProcess[] = [];

function run(sample: string, env?: Record<string, string>): SampleProcess {
  const process = new SampleProcess(sample, env);
  started.push(process);
  return process;
}

let mosquitto: Mosquitto | undefined;
// These take ten seconds, so they run while the other samples do.
let demo: SampleProcess;
let demoOnMosquitto: SampleProcess;

beforeAll(async () => {
  const build = run('--build');
  if ((await build.ended) !== 0) throw new Error(build.errors.join('\n'));
  demo = run('01-work-queue');
  if (!MOSQUITTO) return;
  mosquitto = await startMosquitto();
  demoOnMosquitto = run('01-work-queue', { MQTT_URL: mosquitto.url });
}, BUILD_TIMEOUT);

afterAll(async () => {
  await Promise.all(started.map((process) => process.end()));
  await mosquitto?.stop();
});

describe('02-request-reply', () => {
  it(
    'shows one answer to a question, several, and an error',
    async () => {
      const sample = run('02-request-reply');
      expect(await sample.ended).toBe(0);
      expect(sample.output).toEqual([
        'One answer to each question, whichever worker gives it:',
        expect.stringMatching(/^ {2}1 × pencil costs 2, says (anna|bert)$/),
        expect.stringMatching(/^ {2}2 × pencil costs 4, says (anna|bert)$/),
        expect.stringMatching(/^ {2}3 × pencil costs 6, says (anna|bert)$/),
        expect.stringMatching(/^ {2}4 × pencil costs 8, says (anna|bert)$/),
        'Several answers to one question:',
        expect.stringMatching(/^ {2}paper costs 5 from north, says (anna|bert)$/),
        expect.stringMatching(/^ {2}paper costs 6 from east, says (anna|bert)$/),
        expect.stringMatching(/^ {2}paper costs 7 from south, says (anna|bert)$/),
        'An error as the answer:',
        '  Nobody sells "unicorn".',
      ]);
      for (const name of ['anna', 'bert']) expect(sample.output.join()).toContain(`says ${name}`);
    },
    RUN_TIMEOUT,
  );
});

describe('03-ordered-by-key', () => {
  it(
    'runs the bookings of one account in order, and those of different accounts at the same time',
    async () => {
      const sample = run('03-ordered-by-key');
      expect(await sample.ended).toBe(0);
      const [header = '', ...lines] = sample.output;
      const columns = ['anna', 'bert', 'cleo'].map((account) => header.indexOf(account));
      const inOrder = [1, 2, 3, 4].flatMap((number) => [`#${number} begins`, `#${number} ends`]);
      const steps = lines.filter((line) => /^ *#/.test(line));
      for (const column of columns) {
        expect(steps.filter((line) => line.search(/\S/) === column).map((line) => line.trim())).toEqual(inOrder);
      }
      expect(steps.slice(0, 3).map((line) => line.trim())).toEqual(['#1 begins', '#1 begins', '#1 begins']);
    },
    RUN_TIMEOUT,
  );
});

describe('04-hybrid-http', () => {
  it(
    'takes jobs over HTTP, refuses invalid ones, and finishes the one that runs when it is stopped',
    async () => {
      const sample = run('04-hybrid-http', { PORT: '0' });
      const [, address = ''] = await sample.line(/Listening on (\S+)/);
      expect((await order(address, { image: 'cat.png', width: 128 })).status).toBe(202);
      expect((await order(address, { image: 'cat.png', width: 1 })).status).toBe(400);
      await sample.line(/cat\.png is done/);
      const list = await fetch(`${address}/thumbnails`);
      expect(await list.json()).toEqual(['cat.png at 128']);

      expect((await order(address, { image: 'dog.png', width: 64 })).status).toBe(202);
      await sample.line(/dog\.png is being made/);
      sample.signal('SIGTERM');
      await sample.ended;
      expect(sample.output.join('\n')).toMatch(/dog\.png is done/);
    },
    RUN_TIMEOUT,
  );
});

describe('05-idempotent-jobs', () => {
  it(
    'moves the money of each transfer once, however often it is sent, and tries one that failed again',
    async () => {
      const sample = run('05-idempotent-jobs');
      expect(await sample.ended).toBe(0);
      const moved = sample.output.flatMap((line) => /\((.*)\), by (?:north|south)$/.exec(line)?.[1] ?? []);
      expect(moved.toSorted()).toEqual(['transfer-1', 'transfer-2', 'transfer-3']);
      expect(sample.output).toContain('bert → cleo 5 (transfer-3) fails: the account is locked');
      expect(sample.output.slice(-2)).toEqual([
        'Sent 9 times, moved 3 times, skipped 6 times.',
        'anna 70, bert 105, cleo 125',
      ]);
    },
    RUN_TIMEOUT,
  );
});

describe('01-work-queue without a terminal', () => {
  it(
    'ends by itself, successfully, with every published job handled',
    async () => {
      expect(await demo.ended).toBe(0);
      const { published, handled, withBroker, lost } = totals(demo);
      expect({ handled, withBroker, lost }).toEqual({ handled: published, withBroker: 0, lost: 0 });
      expect(published).toBeGreaterThan(500);
    },
    RUN_TIMEOUT,
  );

  it(
    'gives each worker about a third of the jobs, and those of a killed one to the other two',
    async () => {
      await demo.ended;
      const killed = (await demo.line(/(worker-\d) \(pid \d+\) is killed with SIGKILL/))[1];
      const workers = shares(demo);
      expect(workers.map(({ name }) => name)).toEqual(['worker-1', 'worker-2', 'worker-3']);
      expect(Math.min(...workers.map(({ before }) => before))).toBeGreaterThan(25);
      expect(workers.find(({ name }) => name === killed)?.after).toBeLessThan(2);
      const survivors = workers.filter(({ name }) => name !== killed);
      expect(Math.min(...survivors.map(({ after }) => after))).toBeGreaterThan(40);
    },
    RUN_TIMEOUT,
  );

  it(
    'takes its processes with it when it is killed',
    async () => {
      // A broker that outlives the launcher gives its processes no other reason to end.
      const doomed = run('01-work-queue', mosquitto && { MQTT_URL: mosquitto.url });
      const [, pids = ''] = await doomed.line(/^processes: (.*)$/);
      const processes = [...pids.matchAll(/ (\d+)(?:,|$)/g)].map(([, pid]) => Number(pid));
      expect(processes).toHaveLength(4);
      expect(processes.filter(isAlive)).toEqual(processes);
      doomed.signal('SIGKILL');
      await gone(processes);
    },
    RUN_TIMEOUT,
  );

  it(
    'says which broker it cannot reach, and fails',
    async () => {
      const helpless = run('01-work-queue', { MQTT_URL: 'mqtt://127.0.0.1:1' });
      expect(await helpless.ended).toBe(1);
      expect(helpless.errors.join('\n')).toMatch(/Could not connect to the broker at mqtt:\/\/127\.0\.0\.1:1/);
    },
    RUN_TIMEOUT,
  );
});

withMosquitto('01-work-queue on a broker that keeps a dead member’s share', () => {
  it(
    'tells jobs that the broker still has from lost ones',
    async () => {
      expect(await demoOnMosquitto.ended).toBe(0);
      const { published, handled, withBroker, lost } = totals(demoOnMosquitto);
      expect({ sum: handled + withBroker, lost }).toEqual({ sum: published, lost: 0 });
    },
    RUN_TIMEOUT,
  );
});

function order(address: string, job: object): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(`${address}/thumbnails`, { method: 'POST', headers, body: JSON.stringify(job) });
}

function totals(demo: SampleProcess) {
  const line = demo.output.find((text) => text.startsWith('published ')) ?? '';
  const [published = NaN, handled = NaN, duplicates = NaN, withBroker = NaN, lost = NaN] = (
    line.match(/\d+/g) ?? []
  ).map(Number);
  return { published, handled, duplicates, withBroker, lost };
}

/** Shares in percent, before the kill and after it. */
function shares(demo: SampleProcess) {
  return demo.output.flatMap((line) => {
    const match = /^ {2}(worker-\d) .*?\((\d+) %\) before the first kill,.*?\((\d+) %\) after it/.exec(line);
    return match ? [{ name: match[1], before: Number(match[2]), after: Number(match[3]) }] : [];
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Nothing tells of the end of processes that are not one's own. */
async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 50));
}
