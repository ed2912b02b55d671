import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { BEHAVIOURS, type BrokerName } from 'nestjs-mqtt-shared/testing';
import { KNOWN_BROKERS } from '../../lib/broker/known-brokers.js';
import { Doctor } from '../../lib/doctor/doctor.js';
import type { Examination, Outcome } from '../../lib/doctor/examination.js';
import { profileOf } from '../../lib/doctor/profile-of.js';
import { openMqttWire } from '../../lib/session/mqtt-wire.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { Scene } from '../support/scene.js';
import { CHANGED_SINCE, EXPECTED, type Expectations } from './expected-findings.js';

const NAMES = ['mosquitto', 'hivemq', 'artemis', 'nanomq'] as const satisfies readonly BrokerName[];

/** Where a session's messages come one by one, the doctor would wait for a minute. */
const BEHAVIOUR = {
  ...BEHAVIOURS,
  nanomq: { ...BEHAVIOURS.nanomq, resends: { every: 10_000, onResumption: { first: 1_500, every: 500 } } },
};

const withMosquitto = hasMosquitto();
const scene = new Scene();
const examinations = new Map<string, Examination>();

async function examine(name: string, url: string): Promise<void> {
  examinations.set(name, await new Doctor(openMqttWire, { url }).examine(new AbortController().signal));
}

// Together, as they wait more than they work.
beforeAll(async () => {
  const imitations = NAMES.map(async (name) => {
    const broker = await scene.embeddedBroker({ behaviour: BEHAVIOUR[name] });
    await examine(name, broker.url);
  });
  const real = withMosquitto && scene.mosquitto().then(({ url }) => examine('the real mosquitto', url));
  await Promise.all([...imitations, real]);
}, 90_000);

afterAll(() => scene.close());

const cases = NAMES.flatMap((name) => casesOf(name, EXPECTED[name]));

interface Case {
  readonly name: BrokerName;
  readonly version: 4 | 5;
  readonly probe: string;
  readonly expected: unknown;
}

function casesOf(name: BrokerName, expectations: Expectations): Case[] {
  return Object.entries(expectations).flatMap(([probe, byVersion]) =>
    Object.entries(byVersion).map(([version, expected]) => ({
      name,
      version: Number(version) as 4 | 5,
      probe,
      expected,
    })),
  );
}

function expectFinding({ versions }: Pick<Examination, 'versions'>, { version, probe, expected }: Case): void {
  const examined = versions.find(({ protocolVersion }) => protocolVersion === version);
  const outcome = (examined?.outcomes as Record<string, Outcome> | undefined)?.[probe];
  const finding = outcome?.kind === 'found' ? outcome.finding : outcome?.why;
  // a finding that a predicate rejects is compared with the predicate, so that the failure shows both
  const likely = typeof expected === 'function' ? (expected(finding) ? finding : { expected }) : expected;
  expect(finding).toEqual(expect.objectContaining(likely as object));
}

function examinationOf(name: string): Examination {
  const examination = examinations.get(name);
  if (!examination) throw new Error(`${name} was not examined`);
  return examination;
}

describe('An imitation shows the doctor what its broker shows', () => {
  test.each(cases)('$name, protocol version $version: $probe', (one) => {
    expectFinding(examinationOf(one.name), one);
  });
});

describe('The doctor finds in an imitation the profile of its broker', () => {
  // a pause is known to NanoMQ only, and it is shorter here
  test.each(NAMES)('%s', (name) => {
    const profile = { ...KNOWN_BROKERS[name], name: expect.any(String), resumptionPause: expect.any(Number) };
    expect(profileOf(examinationOf(name))).toEqual(profile);
  });
});

// What is peculiar to Mosquitto was measured on 2.0.11.
(withMosquitto ? describe : describe.skip)('The real broker shows the same', () => {
  test.each(cases.filter(({ name }) => name === 'mosquitto'))('$name, protocol version $version: $probe', (one) => {
    expectFinding(examinationOf('the real mosquitto'), one);
  });
});

// as `npm run brokers:table` has written it down
describe('The real broker has shown the same', () => {
  const recorded = (['hivemq', 'artemis', 'nanomq'] as const).flatMap((name) =>
    casesOf(name, { ...EXPECTED[name], ...CHANGED_SINCE[name] }),
  );

  test.each(recorded)('$name, protocol version $version: $probe', (one) => {
    const file = new URL(`../brokers/results/${one.name}.json`, import.meta.url);
    expectFinding(JSON.parse(readFileSync(file, 'utf8')) as Examination, one);
  });
});
