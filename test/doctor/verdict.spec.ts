import { describe, expect, it } from '@jest/globals';
import { profileOf } from '../../lib/doctor/profile-of.js';
import { reportOn } from '../../lib/doctor/report.js';
import { verdictOn } from '../../lib/doctor/verdict.js';
import { ARTEMIS, examinationOf, type Findings, HIVEMQ, MOSQUITTO, NANOMQ, versionOf } from './examinations.js';

function says(findings: Findings, level?: string): string {
  const { advice } = verdictOn(examinationOf(findings));
  return advice
    .filter((one) => level === undefined || one.level === level)
    .map((one) => one.says)
    .join('\n');
}

function optionsFor(findings: Findings): Record<string, string> {
  const { options } = verdictOn(examinationOf(findings));
  return Object.fromEntries(options.map(({ name, value }) => [name, value]));
}

describe('The verdict', () => {
  it('has no options to set for a broker that the defaults are made for', () => {
    expect(verdictOn(examinationOf(MOSQUITTO))).toMatchObject({ works: true, options: [] });
    expect(says(MOSQUITTO)).toContain('leave `adoption` on');
    expect(says(MOSQUITTO, 'problem')).toBe('');
  });

  it('asks for more connections where batches are handed out, and for leave to downgrade QoS 2', () => {
    expect(optionsFor(HIVEMQ)).toEqual({ connections: '4', allowDowngrade: 'true' });
    expect(says(HIVEMQ, 'warning')).toContain('One slow message holds back everything behind it');
    expect(says(HIVEMQ)).toContain('A publisher that has more under way than the broker takes is disconnected');
  });

  it('says that UNSUBSCRIBE hands out again what is in flight', () => {
    expect(says(ARTEMIS, 'warning')).toContain('UNSUBSCRIBE hands out again');
    expect(says(ARTEMIS, 'good')).toContain('goes to another one at once');
  });

  it('calls what loses messages a problem, and puts it first', () => {
    const { advice } = verdictOn(examinationOf(NANOMQ));
    expect(advice[0]?.level).toBe('problem');
    expect(says(NANOMQ, 'warning')).toContain('Messages beyond a Receive Maximum are dropped for good');
    expect(says(NANOMQ, 'problem')).toContain('goes on taking its share, and that is lost');
    expect(says(NANOMQ, 'note')).toContain('they come one by one');
  });

  it('sets the time after which sessions are adopted to the shortest that counts there', () => {
    const late = { onTakeover: false, ofCleanAfterCrash: 10 };
    const atOnce = { onTakeover: false, afterCrash: 10 };
    expect(optionsFor({ ...NANOMQ, will: late })).toMatchObject({ adoption: '{ after: 5_000 }' });
    expect(optionsFor({ ...NANOMQ, will: atOnce })).toMatchObject({ adoption: '{ after: 2_000 }' });
  });

  it('sets the broker where CONNACK does not show what loses or doubles messages there', () => {
    expect(optionsFor(NANOMQ)['broker']).toContain("receiveMaximum: 'drops'");
    expect(optionsFor(ARTEMIS)['broker']).toContain('unsubscribeRedelivers: true');
    const available = { sharedSubscriptionAvailable: true, wildcardSubscriptionAvailable: true };
    const nanomq = { ...available, subscriptionIdentifiersAvailable: true };
    expect(optionsFor({ ...NANOMQ, limits: nanomq })).not.toHaveProperty('broker');
    const limits = { topicAliasMaximum: 65_535, maximumPacketSize: 268_435_455 };
    expect(optionsFor({ ...ARTEMIS, limits })).toEqual({});
  });

  it('says of which version it speaks where they differ', () => {
    const examination = examinationOf(MOSQUITTO, { ...MOSQUITTO, window: { limit: 20, inBatches: false, lost: 7 } });
    expect(verdictOn(examination).advice[0]?.says).toMatch(/^MQTT 3\.1\.1: Messages that wait .* are lost/);
  });

  it('bounds `concurrency` by what was seen without a Receive Maximum on 3.1.1 only, where 5.0 keeps to one', () => {
    const bound = 'No more than 20 messages are unacknowledged on one connection at once';
    expect(says(MOSQUITTO)).toContain(`MQTT 3.1.1: ${bound}`);
    const ignored = { window: 2, atOnce: 4, toOther: 8, later: 10, lost: 0 };
    expect(says({ ...MOSQUITTO, receiveMaximum: ignored }).split('\n')).toContainEqual(
      expect.stringMatching(new RegExp(`^${bound}`)),
    );
  });

  it.each([
    ['subscriptions are not authorised', { outcome: 'refused', reasonCode: 0x87 }, true],
    [
      'nothing arrives on ordinary subscriptions either',
      { outcome: 'missing', arrived: 0, of: 20, plain: false },
      true,
    ],
    ['what is missing arrives on ordinary ones', { outcome: 'missing', arrived: 0, of: 20, plain: true }, false],
    ['they are switched off', { outcome: 'refused', reasonCode: 0x9e }, false],
  ] as const)('puts it down to access rules or to the broker in its headline where %s', (_, shared, forbidden) => {
    const { works, summary } = verdictOn(examinationOf({ shared }));
    expect(works).toBe(false);
    expect(summary).toContain(forbidden ? 'could not be found out: access rules may forbid' : 'do not work on');
  });

  it.each([
    ['was refused', true],
    ['was not answered', undefined],
  ] as const)('tells access rules from a broker that hangs, by a publish that %s', (why, publishRefused) => {
    const shared = { kind: 'unknown', why, publishRefused } as const;
    const versions = ([5, 4] as const).map((protocolVersion) => ({ protocolVersion, outcomes: { shared } }));
    const { summary, advice } = verdictOn({ address: 'mqtt://broker:1883', versions, leftBehind: [] });
    const isRefused = publishRefused ?? false;
    expect(summary.includes('access rules may forbid')).toBe(isRefused);
    expect(advice.map(({ says }) => says.includes('may be overloaded'))).toEqual([!isRefused]);
  });

  it('sets the protocol version where only one works', () => {
    const working = versionOf(4, MOSQUITTO);
    const unreachable = { protocolVersion: 5, unreachable: 'It refused', outcomes: {} } as const;
    const examination = { ...examinationOf(MOSQUITTO), versions: [unreachable, working] };
    const verdict = verdictOn(examination);
    expect(verdict).toMatchObject({ works: true, options: [{ name: 'protocolVersion', value: '4' }] });
    expect(verdict.advice.map((one) => one.says)).toContain('MQTT 5.0: It refused.');
    expect(reportOn(examination, verdict)).toContain('    protocolVersion: 4,\n');
  });

  it('names a topic for presence where access rules forbid the default one', () => {
    expect(optionsFor({ ...MOSQUITTO, presence: { allowed: false, why: '0x87' } })).toHaveProperty('adoption');
  });
});

describe('The report', () => {
  it('says what could not be found out, and why', () => {
    const [on5, on4] = examinationOf(MOSQUITTO).versions;
    if (on5 === undefined || on4 === undefined) throw new Error('both are there');
    const outcomes = { ...on5.outcomes, resends: { kind: 'unknown', why: 'no message came' } } as const;
    const examination = { address: 'x', versions: [{ ...on5, outcomes }, on4], leftBehind: ['the session of c'] };
    const report = reportOn(examination, verdictOn(examination)).replace(/\s+/g, ' ');
    expect(report).toContain('Not found out ? Does a message that is held for 17 s come again');
    expect(report).toContain('5.0: no message came');
    expect(report).toContain('Left on the broker ! the session of c');
  });
});

describe('The profile', () => {
  it.each([
    ['Mosquitto', MOSQUITTO, { offlineMembersTakeShare: true, receiveMaximum: 'kept', publishWindow: 20 }],
    ['HiveMQ CE', HIVEMQ, { deliversInBatches: true, maximumQoS: 1, publishWindow: 10 }],
    ['Artemis', ARTEMIS, { unsubscribeRedelivers: true, resubscribeRedelivers: true, marksRedelivery: false }],
    ['NanoMQ', NANOMQ, { receiveMaximum: 'drops', resendsOnLiveConnection: true, offlineMembersTakeShare: true }],
  ])('of what was measured on %s says so', (_, findings, expected) => {
    expect(profileOf(examinationOf(findings))).toMatchObject(expected);
  });

  it('hands over only what both versions hand over', () => {
    expect(profileOf(examinationOf(ARTEMIS)).handsOver).toEqual({ clean: true, persistent: true });
    expect(profileOf(examinationOf(ARTEMIS, MOSQUITTO)).handsOver).toEqual({ clean: false, persistent: false });
  });

  it('takes what could not be found out to be as bad as it can be', () => {
    expect(profileOf(examinationOf({ shared: { outcome: 'shared', counts: [1, 1] } }))).toEqual({
      name: 'mqtt://broker:1883',
      handsOver: { clean: false, persistent: false },
      offlineMembersTakeShare: true,
      unsubscribeRedelivers: true,
      resubscribeRedelivers: true,
      receiveMaximum: 'drops',
      deliversInBatches: false,
      resendsOnLiveConnection: true,
      resumptionPause: 0,
      willsOfSessions: false,
      retainedReachesWildcards: true,
      marksRedelivery: false,
      acknowledgeInAnyOrder: false,
      maximumQoS: 1,
      publishWindow: 10,
    });
  });
});
