import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ODD_BROKERS, type OddBroker, shownPasswords } from '../support/odd-brokers.js';
import { Scene } from '../support/scene.js';
import { command, type CommandResult } from './command.js';

const scene = new Scene();

const results = new Map<OddBroker, CommandResult & { readonly seconds: number }>();

// All at once: those that hang cost the time of one.
beforeAll(async () => {
  const examine = async (kind: OddBroker): Promise<void> => {
    const url = await ODD_BROKERS[kind](scene);
    const started = performance.now();
    const result = await command(['doctor', url, '--username', 'jobs'], { env: { MQTT_PASSWORD: 'hunter2' } });
    results.set(kind, { ...result, seconds: (performance.now() - started) / 1_000 });
  };
  await Promise.all((Object.keys(ODD_BROKERS) as OddBroker[]).map(examine));
}, 60_000);

afterAll(() => scene.close());

const VERDICTS: [OddBroker, string][] = [
  ['grants `$share` as an ordinary filter', 'it grants `$share/…` as an ordinary filter'],
  ['gives every member every message', 'gives each message to every member: every worker would run every job'],
  [
    'delivers nothing on what it grants',
    '20 of 20 messages do not arrive on them; they do on an ordinary subscription',
  ],
  ['delivers nothing at all', 'access rules may forbid to publish to the doctor’s topics'],
  ['forbids to publish', 'MQTT 5.0: Whether there are shared subscriptions could not be found out: a publish to'],
  ['refuses shared subscriptions', 'MQTT 5.0: The broker refuses shared subscriptions: no, refused with 0x9e'],
  ['refuses shared subscriptions', 'MQTT 3.1.1: The broker refuses shared subscriptions: no, refused with 0x80'],
  ['ends the connection on SUBSCRIBE', 'ends the connection that asks for a shared subscription'],
  ['ends the connection on a shared SUBSCRIBE', 'ends the connection that asks for a shared subscription'],
  ['hangs after CONNECT', 'connack timeout'],
  [
    'hangs after SUBSCRIBE',
    'could not be found out: SUBACK did not come within 5 s. The broker may be overloaded, or hang',
  ],
  ['hangs when it is told to let go', 'it grants `$share/…` as an ordinary filter'],
  ['closes every connection', 'closed before CONNACK'],
  ['is not there', 'Is the broker running, and is the port right?'],
  ['wants another password', 'Check `username` and `password`'],
  ['refuses subscriptions with 0x80', 'The broker refuses shared subscriptions: no, refused with 0x80'],
  ['refuses subscriptions with 0x8f', 'MQTT 5.0: The broker refuses shared subscriptions: no, refused with 0x8f'],
  ['refuses subscriptions with 0x9e', 'MQTT 5.0: The broker refuses shared subscriptions: no, refused with 0x9e'],
  ['is a web server', 'that an MQTT broker answers there within `connectTimeout`'],
  ['lets nobody in', '0x87 (Not authorized)'],
  ['lets nobody in', '0x05 (not authorized)'],
  ['takes no Client Identifier', '0x85'],
  ['is busy', '0x89 (Server busy). Try again when'],
  ['is busy', '0x03 (Server unavailable). Try again when'],
  ['speaks 3.1.1 only and refuses', 'MQTT 5.0: '],
  ['speaks 3.1.1 only and refuses', 'refused with 0x80'],
];

describe('Of a broker that', () => {
  it.each(VERDICTS)('%s, the doctor says: %s', (kind, verdict) => {
    const result = results.get(kind);
    expect(result?.exitCode).toBe(1);
    expect(result?.out.replace(/\s+/g, ' ')).toContain(verdict);
  });

  it.each(['hangs after CONNECT', 'closes every connection', 'is not there'] as const)(
    '%s, the doctor says that no connection came about',
    (kind) => {
      expect(results.get(kind)?.out).toMatch(/^\nNo connection to .* came about\./);
    },
  );

  it('forbids to publish, the doctor says in its headline that it could not find out, and what to do', () => {
    const result = results.get('forbids to publish');
    expect(result?.out).toMatch(/^\nWhether shared subscriptions work on .* could not be found out: .*`--topic`\.\n/);
    expect(result?.out).not.toContain('do not work');
  });

  it('does not answer SUBSCRIBE, the doctor says in its headline that it could not find out', () => {
    expect(results.get('hangs after SUBSCRIBE')?.out).toMatch(/^\nWhether .* could not be found out\.\n/);
  });

  it('is odd in any way, the doctor has a verdict within its time limit', () => {
    expect(results.size).toBe(Object.keys(ODD_BROKERS).length);
    for (const { seconds } of results.values()) expect(seconds).toBeLessThan(60);
  });

  it('is not there, the doctor puts one mark at the end of its advice', () => {
    expect(results.get('is not there')?.out).not.toContain('?.');
  });

  it('wants a password, the doctor shows it the one of the environment, and to nobody else', () => {
    expect(shownPasswords).toEqual(new Set(['hunter2']));
    for (const { out, err } of results.values()) expect(out + err).not.toContain('hunter2');
  });
});
