import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import type { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { Doctor } from '../../lib/doctor/doctor.js';
import { type Examination, findingOf, type VersionExamination } from '../../lib/doctor/examination.js';
import type { FindingOf, ProbeName } from '../../lib/doctor/probes/index.js';
import { profileOf } from '../../lib/doctor/profile-of.js';
import { openMqttWire } from '../../lib/session/mqtt-wire.js';
import { hasMosquitto, type Mosquitto } from '../support/mosquitto.js';
import { RawClient } from '../support/raw-client.js';
import { Scene } from '../support/scene.js';

function examine(url: string): Promise<Examination> {
  return new Doctor(openMqttWire, { url }).examine(new AbortController().signal);
}

function versionOf({ versions }: Examination, protocolVersion: 4 | 5): VersionExamination {
  const version = versions.find((one) => one.protocolVersion === protocolVersion);
  if (version === undefined) throw new Error(`MQTT version ${protocolVersion} was not examined`);
  return version;
}

/** Of every version in which the question arises. */
function findings<N extends ProbeName>(examination: Examination, name: N): (FindingOf<N> | undefined)[] {
  return examination.versions.filter(({ outcomes }) => name in outcomes).map((version) => findingOf(version, name));
}

/** The topics of retained messages, other than the broker's own. */
async function retainedTopics(url: string): Promise<string[]> {
  const client = await RawClient.connect(url, { protocolVersion: 4, clientId: 'observer' });
  await client.subscribe('#', { qos: 0 });
  await client.ping();
  await client.disconnect();
  return client.publishes.map(({ topic }) => topic);
}

const withMosquitto = hasMosquitto();
let mosquitto: Mosquitto | undefined;
let embedded: EmbeddedBroker;
let onMosquitto: Examination | undefined;
let onEmbedded: Examination;
const scene = new Scene();

// Together, as they wait more than they work.
beforeAll(async () => {
  mosquitto = withMosquitto ? await scene.mosquitto() : undefined;
  embedded = await scene.embeddedBroker();
  [onMosquitto, onEmbedded] = await Promise.all([mosquitto && examine(mosquitto.url), examine(embedded.url)]);
}, 90_000);

afterAll(() => scene.close());

describe('The doctor, on the embedded broker', () => {
  it('finds out everything in both versions', () => {
    const unknown = onEmbedded.versions.flatMap(({ outcomes }) =>
      Object.entries(outcomes).filter(([, { kind }]) => kind === 'unknown'),
    );
    expect(unknown).toEqual([]);
    expect(onEmbedded.versions.map(({ protocolVersion }) => protocolVersion)).toEqual([5, 4]);
  });

  it('finds that what a dead member held goes to another one', () => {
    for (const name of ['crashClean', 'crashPersistent'] as const) {
      for (const finding of findings(onEmbedded, name)) {
        expect(finding).toMatchObject({ held: 4, toOther: 4, toOwner: 0, lost: 0, dup: false });
      }
    }
    expect(findings(onEmbedded, 'offlineMember')).toEqual([
      { toOther: 20, onReturn: 0, lost: 0 },
      { toOther: 20, onReturn: 0, lost: 0 },
    ]);
  });

  it('finds that a Receive Maximum is kept and the excess goes to another member', () => {
    expect(findings(onEmbedded, 'receiveMaximum')).toEqual([{ window: 2, atOnce: 2, toOther: 16, later: 2, lost: 0 }]);
    expect(findings(onEmbedded, 'window')).toEqual([
      { limit: undefined, inBatches: false, lost: 0 },
      { limit: 20, inBatches: false, lost: 0 },
    ]);
  });

  it('puts a profile together', () => {
    expect(profileOf(onEmbedded)).toEqual({
      name: embedded.url,
      handsOver: { clean: true, persistent: true },
      offlineMembersTakeShare: false,
      unsubscribeRedelivers: false,
      resubscribeRedelivers: false,
      receiveMaximum: 'kept',
      deliversInBatches: false,
      resendsOnLiveConnection: false,
      resumptionPause: 0,
      willsOfSessions: true,
      retainedReachesWildcards: true,
      marksRedelivery: false,
      acknowledgeInAnyOrder: true,
      maximumQoS: 2,
      publishWindow: 65_535,
    });
  });

  it('leaves no session and no retained message behind', async () => {
    expect(onEmbedded.leftBehind).toEqual([]);
    expect(embedded.clients).toEqual([]);
    expect(await retainedTopics(embedded.url)).toEqual([]);
  });
});

// What is peculiar to Mosquitto was measured on 2.0.11.
const onMosquittoOnly: (name: string, tests: () => void) => void = withMosquitto
  ? describe
  : (name) => test.todo(`${name}: it is not installed`);

onMosquittoOnly('The doctor, on Mosquitto', () => {
  const examination = (): Examination => onMosquitto as Examination;

  it('finds out everything in both versions', () => {
    const unknown = examination().versions.flatMap(({ outcomes }) =>
      Object.entries(outcomes).filter(([, { kind }]) => kind === 'unknown'),
    );
    expect(unknown).toEqual([]);
    expect(findings(examination(), 'version')[0]).toMatch(/^mosquitto version/);
  });

  it('finds that only a dead member itself gets back what it held, and that of a clean session is lost', () => {
    expect(findings(examination(), 'crashClean')).toEqual([
      { held: 4, toOther: 0, toOwner: 0, notYet: 0, lost: 4 },
      { held: 4, toOther: 0, toOwner: 0, notYet: 0, lost: 4 },
    ]);
    for (const finding of findings(examination(), 'crashPersistent')) {
      expect(finding).toMatchObject({ held: 4, toOther: 0, toOwner: 4, lost: 0, dup: true, samePacketId: true });
    }
    for (const finding of findings(examination(), 'takeover')) {
      expect(finding).toMatchObject({ held: 4, sessionPresent: true, resent: 4, dup: true, ended: true });
    }
    expect(findings(examination(), 'expiry')).toEqual([{ held: 4, toOther: 0 }]);
  });

  it('finds that members that are away go on taking their share', () => {
    for (const finding of findings(examination(), 'offlineMember')) {
      expect(finding).toEqual({ toOther: 10, onReturn: 10, lost: 0 });
    }
    for (const finding of findings(examination(), 'allOffline')) {
      expect(finding).toEqual({ toFirst: 5, toSecond: 5, lost: 0 });
    }
  });

  it('finds the window of 20 messages, and that publishers of QoS 2 on 3.1.1 lose what is beyond it', () => {
    for (const finding of findings(examination(), 'window')) {
      expect(finding).toEqual({ limit: 20, inBatches: false, lost: 0 });
    }
    expect(findingOf(versionOf(examination(), 4), 'burst')?.qos2).toMatchObject({ taken: 300, delivered: 20 });
    expect(profileOf(examination())).toMatchObject({ publishWindow: 20, receiveMaximum: 'kept' });
  });

  it('leaves no retained message behind', async () => {
    expect(examination().leftBehind).toEqual([]);
    expect(await retainedTopics(mosquitto?.url ?? '')).toEqual([]);
  });
});
