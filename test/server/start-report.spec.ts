/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type MQTTSharedHandlerReport,
  type MQTTSharedServerOptions,
  type MQTTSharedStartReport,
  ServerMQTTShared,
  SharedPattern,
} from 'nestjs-mqtt-shared';
import { UNKNOWN_BROKER } from '../../lib/broker/known-brokers.js';
import { EventBus } from '../../lib/observability/event-bus.js';
import { StartRecord } from '../../lib/server/start-record.js';
import { startReport } from '../../lib/server/start-report.js';
import { parseTopicFilter } from '../../lib/topic/topic-filter.js';
import { controllerFor } from '../support/controller-for.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { NO_LIMITS } from '../support/no-limits.js';
import { Scene as Brokers } from '../support/scene.js';
import { AS_GIVEN, JobsController, Starts } from './starts.js';

const starts = Starts.forEachTest();
let brokers: Brokers;
beforeEach(() => {
  brokers = new Brokers();
});
afterEach(() => brokers.close());

function rowsOf(method: string): MQTTSharedHandlerReport[] {
  return starts.reported().handlers.filter((handler) => handler.method === method);
}

describe('The report of a start', () => {
  it('has each method with filter, group, connections, granted QoS, concurrency and failure policy', async () => {
    await starts.start({ connections: { workers: 2 } });
    const failure = { attempts: 3, then: 'redeliver', deadLetterTopic: undefined };
    const resize = {
      method: 'JobsController.resize',
      group: 'workers',
      session: 'persistent',
      concurrency: 4,
      ack: 'auto',
      failure,
    };
    expect(rowsOf('JobsController.resize')).toEqual([
      {
        ...resize,
        filter: '$share/workers/jobs/+/#',
        connections: ['w:workers:0', 'w:workers:1'],
        qos: 1,
        grantedQoS: 1,
      },
      {
        ...resize,
        filter: '$share/workers/jobs/urgent',
        connections: ['w:workers:2', 'w:workers:3'],
        qos: 1,
        grantedQoS: 1,
      },
    ]);
    expect(rowsOf('JobsController.audit')).toEqual([
      {
        method: 'JobsController.audit',
        filter: '$share/auditors/jobs/#',
        group: 'auditors',
        connections: ['w:auditors:0'],
        session: 'persistent',
        qos: 2,
        grantedQoS: 2,
        concurrency: 16,
        ack: 'auto',
        failure: { attempts: 1, then: 'dead-letter', deadLetterTopic: 'dl' },
      },
    ]);
    expect(rowsOf("the handler of pattern 'news'")).toEqual([
      {
        method: "the handler of pattern 'news'",
        filter: 'news',
        group: undefined,
        connections: ['w::0'],
        session: 'clean',
        qos: 1,
        grantedQoS: 1,
        concurrency: 16,
        ack: 'auto',
        failure: { ...failure, then: 'ack' },
      },
    ]);
  });

  it.each([4, 5] as const)('has what was granted, the lowest over the connections (%i)', async (protocolVersion) => {
    const scene = await starts.open();
    let granted = 0;
    scene.broker.grant((filter) => filter.endsWith('urgent') && granted++ === 0, 0);
    const server = { ...AS_GIVEN, protocolVersion, allowDowngrade: true, connections: 2 };
    await scene.start({ controllers: [JobsController], server });
    expect(rowsOf('JobsController.resize').map(({ qos, grantedQoS }) => [qos, grantedQoS])).toEqual([
      [1, 1],
      [1, 0],
    ]);
  });

  it('has no more at once than `concurrency` and the window allow', async () => {
    await starts.start({ concurrency: 3, receiveMaximum: 2 });
    expect(rowsOf('JobsController.resize').map(({ concurrency }) => concurrency)).toEqual([2, 2]);
    expect(rowsOf('JobsController.audit').map(({ concurrency }) => concurrency)).toEqual([2]);
  });

  it('has what the broker announced on 5.0', async () => {
    const limits = { receiveMaximum: 30, maximumQoS: 1, maximumPacketSize: 5_000 } as const;
    const controllers = [controllerFor(SharedPattern('workers', 'jobs'), () => {})];
    const report = await starts.start({ adoption: false }, controllers, { ...limits, retainAvailable: false });
    expect(report).toMatchObject({ address: starts.scene.broker.url, protocolVersion: 5 });
    expect(report.limits).toEqual({
      ...limits,
      topicAliasMaximum: 0,
      sessionExpiryInterval: undefined,
      retainAvailable: false,
      sharedSubscriptionAvailable: true,
      wildcardSubscriptionAvailable: true,
    });
  });

  it('names the broker without user name and password', async () => {
    const scene = await starts.open();
    const url = scene.broker.url.replace('//', '//me:s3cret@');
    await scene.start({ controllers: [JobsController], server: { ...AS_GIVEN, url } });
    expect(starts.reported().address).toBe(scene.broker.url);
    expect(`${JSON.stringify(starts.reported())} ${scene.log.lines.join()}`).not.toMatch(/s3cret|me:/);
  });

  it('has no limits on 3.1.1, where a broker announces none', async () => {
    const report = await starts.start({ protocolVersion: 4 }, undefined, { receiveMaximum: 30 });
    expect(report).toMatchObject({ protocolVersion: 4, limits: undefined });
  });

  it('is an event, once, before listen() has succeeded', async () => {
    const scene = await starts.open();
    await scene.create({ controllers: [JobsController], server: AS_GIVEN });
    scene.server.on('listening', ({ report }) => {
      expect(report).toBe(scene.server.startReport);
      scene.timeline.add('reported');
    });
    expect(scene.server.startReport).toBeUndefined();
    await scene.app.listen();
    expect(scene.timeline.entries.filter((entry) => entry === 'reported')).toEqual(['reported']);
  });

  it('does not come of a listen() that fails', async () => {
    const scene = await starts.open();
    scene.broker.refuse('$share/auditors/jobs/#', 0x87);
    await scene.create({ controllers: [JobsController], server: AS_GIVEN });
    scene.server.on('listening', () => scene.timeline.add('reported'));
    await expect(scene.app.listen()).rejects.toMatchObject({ code: 'SUBSCRIPTION_REFUSED' });
    expect(scene.timeline.entries).not.toContain('reported');
    expect(scene.server.startReport).toBeUndefined();
    expect(logged('Listening at')).toEqual([]);
  });
});

if (hasMosquitto()) {
  describe('The report of a start on Mosquitto', () => {
    it('has what it announces', async () => {
      const { url } = await brokers.mosquitto({ config: ['max_inflight_messages 7', 'max_qos 1'] });
      const controllers = [controllerFor(SharedPattern('workers', 'jobs'), () => {})];
      const report = await starts.start({ url }, controllers);
      expect(report.limits).toMatchObject({ receiveMaximum: 7, maximumQoS: 1, topicAliasMaximum: 10 });
      expect(report.handlers.map(({ grantedQoS }) => grantedQoS)).toEqual([1, 1]);
    });
  });
} else {
  it.todo('Mosquitto is not installed');
}

const logged = (text: string): string[] => starts.scene.log.lines.filter((line) => line.includes(text));

describe('The log of a start', () => {
  it('has the report as one entry, and each warning', async () => {
    const { warnings } = await starts.start({ connections: { workers: 2 }, adoption: false, clientId: undefined });
    const [table, ...more] = logged('Listening at');
    expect(more).toEqual([]);
    const stem = starts.reported().handlers[0]?.connections[0]?.split(':')[0] ?? '';
    expect(table?.replaceAll(stem, 'w').split('\n')).toEqual([
      `log Listening at ${starts.scene.broker.url} (embedded broker), MQTT 5.0.`,
      '  method                         filter                      QoS  at once  on failure',
      'group workers, clean session, through w:workers:0 :1',
      '  JobsController.resize          $share/workers/jobs/+/#     1    4        3 attempts, then redeliver',
      '  SentinelController.pass        $share/workers/sentinel/+   1    16       3 attempts, then redeliver',
      'group workers, clean session, through w:workers:2 :3',
      '  JobsController.resize          $share/workers/jobs/urgent  1    4        3 attempts, then redeliver',
      'group auditors, clean session, through w:auditors:0',
      '  JobsController.audit           $share/auditors/jobs/#      2    16       1 attempt, then dead-letter to dl',
      'no group (each worker gets a copy), clean session, through w::0',
      "  the handler of pattern 'news'  news                        1    16       3 attempts, then ack",
      'Limits of the broker: Receive Maximum 65535, Maximum QoS 2, Maximum Packet Size none, Topic Alias Maximum 0, ' +
        'retained messages available, wildcard subscriptions available, shared subscriptions available.',
    ]);
    expect(warnings.map(({ code }) => code)).toEqual(['CLEAN_SESSION']);
    expect(starts.scene.log.lines.filter((line) => line.startsWith('warn '))).toEqual(
      warnings.map(({ message }) => `warn ${message}`),
    );
  });

  it('says of 3.1.1 that nothing is announced', async () => {
    await starts.start({ protocolVersion: 4 });
    expect(logged('Listening at')).toEqual([expect.stringMatching(/MQTT 3\.1\.1\.\n(.*\n)+On 3\.1\.1.*no limits\.$/)]);
  });

  it('says which method acknowledges by hand', async () => {
    const byHand = controllerFor(SharedPattern('workers', 'jobs', { ack: 'manual' }), () => {});
    const { handlers } = await starts.start({}, [byHand]);
    expect(handlers.find(({ filter }) => filter === '$share/workers/jobs')).toMatchObject({ ack: 'manual' });
    expect(logged('Listening at')).toEqual([
      expect.stringMatching(/\n {2}TestController\.work \(ack: manual\) +\$share\/workers\/jobs +1 /),
    ]);
  });

  it('says what was asked for where less was granted', async () => {
    const scene = await starts.open();
    scene.broker.grant('$share/auditors/jobs/#', 1);
    const server = { ...AS_GIVEN, allowDowngrade: true };
    await scene.start({ controllers: [JobsController], server });
    expect(logged('Listening at')).toEqual([expect.stringMatching(/jobs\/# +1 of 2 +16/)]);
  });

  it.each([
    ['warnings', 1],
    ['off', 0],
  ] as const)('is quieter with `startReport: %s`, and the event has all of it', async (mode, warnings) => {
    const report = await starts.start({ startReport: mode, adoption: false, clientId: undefined });
    expect(logged('Listening at')).toEqual([]);
    expect(logged('sessions are clean')).toHaveLength(warnings);
    expect(report.handlers).toHaveLength(5);
    expect(report.warnings.map(({ code }) => code)).toEqual(['CLEAN_SESSION']);
  });

  it('has no other setting', () => {
    const options = { startReport: 'quiet' as 'off' };
    expect(() => new ServerMQTTShared(options)).toThrow(/`startReport`.*'quiet' is none of 'full', 'warnings', 'off'/);
  });
});

describe('What a broker says of a session', () => {
  const filter = '$share/workers/jobs';
  const subscription = {
    pattern: filter,
    group: 'workers',
    filter: parseTopicFilter('jobs', { namedLevels: false }),
    qos: 1,
    handlers: [],
  } as const;

  function report(expiries: readonly (number | undefined)[], options: MQTTSharedServerOptions): MQTTSharedStartReport {
    const events = new EventBus(() => {});
    const record = new StartRecord(events);
    expiries.forEach((sessionExpiryInterval, index) => {
      const limits = { ...NO_LIMITS, sessionExpiryInterval };
      const connection = `w:workers:${index}`;
      events.emit({
        type: 'connected',
        connection,
        address: 'mqtt://broker',
        sessionPresent: false,
        filters: [filter],
        limits,
      });
    });
    const handlers = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map((name) => ({
      name: `Jobs.${name}`,
      callback: () => Promise.resolve(),
      filter: subscription.filter,
      wasStripped: false,
      options: {},
    }));
    return startReport('mqtt://broker', UNKNOWN_BROKER, options, [{ ...subscription, handlers }], record);
  }

  it('counts for more than what was asked of it', () => {
    const [warning] = report([undefined, 5], {}).warnings;
    expect(warning).toMatchObject({ code: 'SHORT_SESSION_EXPIRY' });
    expect(warning?.message).toMatch(/^The broker keeps a session for 5 s.*Raise the limit of the broker/);
    expect(report([7_200], { sessionExpiry: 5 }).warnings).toEqual([]);
  });

  it('makes sessions clean where it keeps none', () => {
    const { handlers, warnings } = report([0], {});
    expect(handlers[0]).toMatchObject({ session: 'clean' });
    expect(warnings[0]).toMatchObject({ code: 'CLEAN_SESSION' });
    expect(warnings[0]?.message).toMatch(/^The broker ends a session with its connection/);
  });

  it('is about methods that are all in the data, and not all in the sentence', () => {
    const [warning] = report([0], {}).warnings;
    expect(warning?.methods).toHaveLength(10);
    expect(warning?.message).toContain('Jobs.g, Jobs.h and 2 more.');
  });

  it('is not asked again for subscriptions that a session has', () => {
    expect(report([undefined], {}).handlers[0]).toMatchObject({ qos: 1, grantedQoS: undefined });
  });

  it('comes with connections in the order of their numbers', () => {
    const { connections } = report(Array.from({ length: 12 }), {}).handlers[0] ?? {};
    expect(connections?.slice(0, 3)).toEqual(['w:workers:0', 'w:workers:1', 'w:workers:2']);
    expect(connections?.at(-1)).toBe('w:workers:11');
  });
});
