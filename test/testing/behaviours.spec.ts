import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BEHAVIOURS, type BrokerName } from 'nestjs-mqtt-shared/testing';
import { Doctor } from '../../lib/doctor/doctor.js';
import type { Examination, Outcome } from '../../lib/doctor/examination.js';
import { openMqttWire } from '../../lib/session/mqtt-wire.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { Scene } from '../support/scene.js';
import { EXPECTED } from './expected-findings.js';

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

const cases = NAMES.flatMap((name) =>
  ([4, 5] as const).flatMap((version) => Object.keys(EXPECTED[name]).map((probe) => ({ name, version, probe }))),
).filter(({ name, version, probe }) => expectation(name, version, probe) !== undefined);

function expectation(name: BrokerName, version: 4 | 5, probe: string): unknown {
  return (EXPECTED[name] as Record<string, Partial<Record<4 | 5, unknown>>>)[probe]?.[version];
}

function outcomeOf(examined: string, version: 4 | 5, probe: string): Outcome | undefined {
  const found = examinations.get(examined)?.versions.find(({ protocolVersion }) => protocolVersion === version);
  return (found?.outcomes as Record<string, Outcome> | undefined)?.[probe];
}

function expectFinding(examined: string, version: 4 | 5, probe: string, expected: unknown): void {
  const outcome = outcomeOf(examined, version, probe);
  const finding = outcome?.kind === 'found' ? outcome.finding : outcome?.why;
  // a finding that a predicate rejects is compared with the predicate, so that the failure shows both
  const likely = typeof expected === 'function' ? (expected(finding) ? finding : { expected }) : expected;
  expect(finding).toEqual(expect.objectContaining(likely as object));
}

describe('An imitation shows the doctor what its broker shows', () => {
  test.each(cases)('$name, protocol version $version: $probe', ({ name, version, probe }) => {
    expectFinding(name, version, probe, expectation(name, version, probe));
  });
});

// What is peculiar to Mosquitto was measured on 2.0.11.
(withMosquitto ? describe : describe.skip)('The real broker shows the same', () => {
  test.each(cases.filter(({ name }) => name === 'mosquitto'))(
    'mosquitto, protocol version $version: $probe',
    ({ name, version, probe }) => {
      expectFinding('the real mosquitto', version, probe, expectation(name, version, probe));
    },
  );
});
