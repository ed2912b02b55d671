/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { describe, expect, it } from '@jest/globals';
import { applyDecorators } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import {
  type MQTTSharedServerOptions,
  type MQTTSharedStartWarning,
  SharedPattern,
  type SharedPatternOptions,
} from 'nestjs-mqtt-shared';
import { UNKNOWN_BROKER } from '../../lib/broker/known-brokers.js';
import { EventBus } from '../../lib/observability/event-bus.js';
import { StartRecord } from '../../lib/server/start-record.js';
import { startReport } from '../../lib/server/start-report.js';
import { controllerFor } from '../support/controller-for.js';
import { AS_GIVEN, JobsController, Starts } from './starts.js';

const starts = Starts.forEachTest();

interface Case {
  readonly code: MQTTSharedStartWarning['code'];
  readonly pattern: MethodDecorator;
  readonly server: MQTTSharedServerOptions;
  readonly says: RegExp;
  /** What the warning says to do. */
  readonly mended: { readonly pattern?: MethodDecorator; readonly server?: MQTTSharedServerOptions };
}

const jobs = SharedPattern('workers', 'jobs');
const plain = (options: SharedPatternOptions): MethodDecorator => EventPattern('jobs', options) as MethodDecorator;
const deadLetter = { then: 'dead-letter' } as const;

const CASES: Case[] = [
  {
    code: 'QOS_0',
    pattern: SharedPattern('workers', 'jobs', { qos: 0 }),
    server: {},
    says: /fails, or whose worker dies, is lost: TestController\.work\. Set `qos: 1`\.$/,
    mended: { pattern: SharedPattern('workers', 'jobs', { qos: 1 }) },
  },
  {
    code: 'CLEAN_SESSION',
    pattern: jobs,
    server: { adoption: false, clientId: undefined },
    says: /what a worker holds.*is lost.*: TestController\.work.*Leave `adoption` on, or set a `clientId`/,
    mended: { server: { adoption: false, clientId: 'w' } },
  },
  {
    code: 'CLEAN_SESSION',
    pattern: jobs,
    server: { sessionExpiry: 0 },
    says: /`sessionExpiry: 0` ends a session with its connection: what a worker holds.*Raise `sessionExpiry`/,
    mended: { server: { sessionExpiry: 0, protocolVersion: 4 } },
  },
  {
    code: 'SHORT_SESSION_EXPIRY',
    pattern: jobs,
    server: { sessionExpiry: 10 },
    says: /for 10 s.*`adoption.after`, 10000 ms.*is lost.*: TestController\.work.*Raise `sessionExpiry`, or lower `adoption.after`/,
    mended: { server: { sessionExpiry: 10, adoption: { after: 9_000 } } },
  },
  {
    code: 'REDELIVER_WITHOUT_SESSION',
    pattern: plain({ onError: { then: 'redeliver' } }),
    server: {},
    says: /means 'ack'.*is lost: the handler of pattern 'jobs'\. Use @SharedPattern/,
    mended: { pattern: plain({}) },
  },
  {
    code: 'DEFAULT_DEAD_LETTER_TOPIC',
    pattern: SharedPattern('workers', 'jobs', { onError: deadLetter }),
    server: {},
    says: /TestController\.work goes to.*"dead-letter\/workers\/\{topic\}".*lost if nobody.*Set `onError.deadLetterTopic`/,
    mended: { server: { onError: { deadLetterTopic: 'dead-letter/{group}/{topic}' } } },
  },
  {
    code: 'DEFAULT_DEAD_LETTER_TOPIC',
    pattern: SharedPattern('workers', 'jobs', { onError: deadLetter }),
    server: {},
    says: /"dead-letter\/workers\/\{topic\}"/,
    mended: {
      pattern: applyDecorators(
        SharedPattern('workers', 'jobs', { onError: deadLetter }),
        SharedPattern('undertakers', 'dead-letter/+/jobs'),
      ),
    },
  },
  {
    code: 'DEFAULT_DEAD_LETTER_TOPIC',
    pattern: jobs,
    server: { onError: deadLetter },
    says: /"dead-letter\/workers\/\{topic\}"/,
    mended: { pattern: SharedPattern('workers', 'jobs', { onError: { deadLetterTopic: 'dl' } }) },
  },
  {
    code: 'SMALL_WINDOW',
    pattern: jobs,
    server: { receiveMaximum: 4 },
    says: /`receiveMaximum` \(4\).*`concurrency` \(16\)/,
    mended: { server: { receiveMaximum: 16 } },
  },
  {
    code: 'STRIPPED_SLASH',
    pattern: SharedPattern('workers', '/jobs'),
    server: {},
    says: /"jobs" of TestController\.work.*`leadingSlash: 'keep'`/,
    mended: { server: { leadingSlash: 'keep' } },
  },
  {
    code: 'COLON_LEVEL',
    pattern: SharedPattern('workers', 'devices/:deviceId/jobs'),
    server: {},
    says: /":deviceId".*these very characters: "devices\/:deviceId\/jobs" of TestController\.work\. Write `\+`.*`\+deviceId`/,
    mended: { pattern: SharedPattern('workers', ['devices/+deviceId/jobs', 'at/10:30', 'devices/:/jobs']) },
  },
  {
    code: 'COLON_LEVEL',
    pattern: EventPattern('$share/workers/devices/:id') as MethodDecorator,
    server: {},
    says: /"devices\/:id" of the handler of pattern '\$share\/workers\/devices\/:id'\. Write `\+`/,
    mended: { pattern: EventPattern('$share/workers/devices/+') as MethodDecorator },
  },
];

/** The scene's own method apart, which not every case concerns. */
const ownWarnings = (): MQTTSharedStartWarning[] =>
  starts.reported().warnings.filter(({ methods }) => methods.some((method) => method !== 'SentinelController.pass'));

describe('A warning at start', () => {
  it.each(CASES)('$code says what it costs and what to do: $server', async ({ code, pattern, server, says }) => {
    await starts.start(server, [controllerFor(pattern, () => {})]);
    const warnings = starts.reported().warnings;
    expect(warnings.map((warning) => warning.code)).toEqual([code]);
    expect(warnings[0]?.message).toMatch(says);
  });

  it.each(CASES)('$code is not given when that was done: $mended', async ({ pattern, server, mended }) => {
    await starts.start({ ...server, ...mended.server }, [controllerFor(mended.pattern ?? pattern, () => {})]);
    expect(ownWarnings()).toEqual([]);
  });

  it('QOS_0 says who granted no more than that', async () => {
    const scene = await starts.open();
    scene.broker.grant('$share/auditors/jobs/#', 0);
    await scene.start({ controllers: [JobsController], server: { ...AS_GIVEN, allowDowngrade: true } });
    const message = expect.stringMatching(/is lost: JobsController\.audit\. The broker granted no more.*Maximum QoS/);
    expect(starts.reported().warnings).toEqual([{ code: 'QOS_0', methods: ['JobsController.audit'], message }]);
  });

  it('NO_SHUTDOWN_HOOKS is given where nobody listens for SIGTERM, and not where shutdown hooks are enabled', async () => {
    starts.letNobodyListen();
    await starts.start({});
    const message = expect.stringMatching(/SIGTERM.*ends this process at once.*`app\.enableShutdownHooks\(\)` before/);
    expect(starts.reported().warnings).toEqual([expect.objectContaining({ code: 'NO_SHUTDOWN_HOOKS', message })]);
    await starts.scene.app.close();
    const hooked = (app: typeof starts.scene.app): void => void app.enableShutdownHooks(['SIGTERM']);
    await starts.scene.start({ controllers: [JobsController], server: AS_GIVEN, configure: hooked });
    expect(starts.reported().warnings).toEqual([]);
  });

  it('NO_HANDLERS is the only one where nothing is registered', () => {
    starts.letNobodyListen();
    const { warnings } = startReport('mqtt://broker', UNKNOWN_BROKER, {}, [], new StartRecord(new EventBus(() => {})));
    expect(warnings).toEqual([
      { code: 'NO_HANDLERS', methods: [], message: expect.stringMatching(/@SharedPattern.*nothing to do/) },
    ]);
  });
});
