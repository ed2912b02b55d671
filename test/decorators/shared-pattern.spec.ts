/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, ParseIntPipe, type Type } from '@nestjs/common';
import { Ctx, EventPattern } from '@nestjs/microservices';
import {
  MQTTSharedContext,
  MQTTSharedError,
  type MQTTSharedServerOptions,
  ServerMQTTShared,
  SharedPattern,
  type SharedPatternOptions,
  TopicParam,
} from 'nestjs-mqtt-shared';
import { Scene } from '../server/worker.js';

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const note = (what: string, { topic }: MQTTSharedContext): void => scene.timeline.add(`${what} ${topic}`);
const start = (controllers: Type[], server?: MQTTSharedServerOptions): Promise<void> =>
  scene.start({ controllers, server });

/** Every subscription that the broker has, the sentinel's aside. */
const subscriptions = (): string[] =>
  scene.broker.clients
    .filter(({ clientId }) => !clientId.endsWith(':presence'))
    .flatMap((client) => client.subscriptions)
    .filter((filter) => !filter.includes('sentinel'))
    .sort();

/** A controller whose only method has these decorators, and notes what it gets. */
function controllerWith(...decorators: MethodDecorator[]): Type {
  @Controller()
  class JobsController {
    resize(ctx: MQTTSharedContext): void {
      note(`${ctx.group ?? 'nobody'} by ${ctx.filter}`, ctx);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(JobsController.prototype, 'resize') as PropertyDescriptor;
  Ctx()(JobsController.prototype, 'resize', 0);
  for (const decorate of decorators.toReversed()) decorate(JobsController.prototype, 'resize', descriptor);
  return JobsController;
}

/** What the decorator throws when the class is defined. */
function definitionError(
  ...args: [string | readonly string[], (string | readonly string[])?, SharedPatternOptions?]
): MQTTSharedError {
  try {
    controllerWith(SharedPattern(...(args as [string, string, SharedPatternOptions])));
  } catch (error) {
    if (error instanceof MQTTSharedError) return error;
    throw error;
  }
  throw new Error('The decorator took it.');
}

describe('@SharedPattern', () => {
  it('with group and filter is a shared subscription', async () => {
    await start([controllerWith(SharedPattern('resizers', 'jobs/#'))]);
    expect(subscriptions()).toEqual(['$share/resizers/jobs/#']);
    await scene.publish('jobs/1');
    await scene.timeline.until('acknowledged jobs/1');
    expect(scene.timeline.of('jobs/1')).toEqual(['resizers by jobs/#', 'acknowledged']);
  });

  it('with a filter only takes the group of the server', async () => {
    await start([controllerWith(SharedPattern('jobs/#'))], { group: 'deployed' });
    expect(subscriptions()).toEqual(['$share/deployed/jobs/#']);
    await scene.publish('jobs/1');
    await scene.timeline.until('acknowledged jobs/1');
    expect(scene.timeline.of('jobs/1')).toEqual(['deployed by jobs/#', 'acknowledged']);
  });

  it('with a filter and options is not taken for a group and a filter', async () => {
    await start([controllerWith(SharedPattern('jobs/#', { qos: 2 }))], { group: 'deployed' });
    expect(subscriptions()).toEqual(['$share/deployed/jobs/#']);
    await scene.publish('jobs/1', {}, 2);
    await scene.timeline.until('acknowledged jobs/1');
  });

  it.each<[string, MethodDecorator]>([
    ['with a group', SharedPattern('workers', ['jobs/a', 'jobs/b'])],
    ['with the group of the server', SharedPattern(['jobs/a', 'jobs/b'])],
  ])('takes several filters (%s)', async (_form, decorator) => {
    await start([controllerWith(decorator)], { group: 'workers' });
    expect(subscriptions()).toEqual(['$share/workers/jobs/a', '$share/workers/jobs/b']);
    for (const topic of ['jobs/a', 'jobs/b']) {
      await scene.publish(topic);
      await scene.timeline.until(`acknowledged ${topic}`);
      expect(scene.timeline.of(topic)).toEqual([`workers by ${topic}`, 'acknowledged']);
    }
  });

  it('given twice makes the method a member of both groups, each with a copy', async () => {
    await start([controllerWith(SharedPattern('resizers', 'jobs/+'), SharedPattern('jobs/+'))], { group: 'auditors' });
    expect(subscriptions()).toEqual(['$share/auditors/jobs/+', '$share/resizers/jobs/+']);
    await scene.publish('jobs/1');
    await scene.timeline.untilTimes(2, 'acknowledged jobs/1');
    const seen = scene.timeline.of('jobs/1').filter((entry) => entry !== 'acknowledged');
    expect(seen.sort()).toEqual(['auditors by jobs/+', 'resizers by jobs/+']);
  });

  it('given twice has the options of each', async () => {
    const asked: string[] = [];
    scene.broker.on('subscribe', ({ filter, qos }) => asked.push(`${filter} at ${qos}`));
    const decorators = [SharedPattern('workers', 'a', { qos: 2 }), SharedPattern('workers', 'b', { qos: 0 })];
    await start([controllerWith(...decorators)]);
    expect(asked).toEqual(expect.arrayContaining(['$share/workers/a at 2', '$share/workers/b at 0']));
  });

  it.each<[string, MethodDecorator[]]>([
    ['a leading slash apart', [SharedPattern('workers', ['jobs/+', '/jobs/+'])]],
    ['in the group of the server', [SharedPattern('workers', 'jobs/+'), SharedPattern('jobs/+')]],
  ])('with a filter twice for one method keeps the server from starting (%s)', async (_how, decorators) => {
    const error = await start([controllerWith(...decorators)], { group: 'workers' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'INVALID_TOPIC_FILTER' });
    expect((error as Error).message).toMatch(/^JobsController\.resize: .*jobs\/\+" .*already in group "workers"/);
  });

  it('without a group on a server without one keeps it from starting', async () => {
    const error = await start([controllerWith(SharedPattern('jobs/#'))]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MISSING_GROUP' });
    expect((error as Error).message).toMatch(/JobsController\.resize .*'jobs\/#'.* `group`/);
    expect(scene.broker.clients).toEqual([]);
  });

  it('cannot be rescued by a group of the server that is none', () => {
    expect(() => new ServerMQTTShared({ group: 'a/b' })).toThrow(/option `group`.*"a\/b".*"\/"/);
  });
});

describe('@SharedPattern refuses, when the class is defined,', () => {
  it.each<[string, [string | readonly string[], (string | readonly string[])?], string, string]>([
    ['a group with a slash', ['a/b', 'jobs'], '"a/b"', '"/" [MQTT-4.8.2-2]'],
    ['a group with a plus', ['a+', 'jobs'], '"a+"', '"+" [MQTT-4.8.2-2]'],
    ['a group with a hash', ['#', 'jobs'], '"#"', '"#" [MQTT-4.8.2-2]'],
    ['an empty group', ['', 'jobs'], '""', 'no character [MQTT-4.8.2-1]'],
    ['a group with U+0000', ['a\0b', 'jobs'], '"a\\u0000b"', 'U+0000'],
    ['an empty filter', ['workers', ''], '""', 'no character [MQTT-4.7.3-1]'],
    ['an empty filter alone', [''], '""', 'no character [MQTT-4.7.3-1]'],
    ['a # that is not last', ['workers', 'jobs/#/x'], '"jobs/#/x"', 'last level [MQTT-4.7.1-1]'],
    ['a # with a level', ['workers', 'jobs/a#'], '"jobs/a#"', 'alone in its level "a#" [MQTT-4.7.1-1]'],
    ['a + with a level', ['workers', 'jobs/a+/b'], '"jobs/a+/b"', 'alone in its level "a+" [MQTT-4.7.1-2]'],
    ['a name that is none', ['workers', 'jobs/+1st'], '"jobs/+1st"', 'alone in its level "+1st"'],
    ['a name twice', ['workers', '+id/+id'], '"+id/+id"', 'the name "id"'],
    ['a filter with U+0000', ['workers', 'a\0'], '"a\\u0000"', 'U+0000 [MQTT-4.7.3-2]'],
    ['half a surrogate pair', ['workers', 'a\ud800'], '"a\\ud800"', 'surrogate'],
    ['a filter of 65,536 bytes', ['workers', 'a'.repeat(65_536)], '(65536 characters)', '[MQTT-4.7.3-3]'],
    ['no filter at all', ['workers', []], 'an array', 'empty list'],
    ['a filter twice', ['workers', ['jobs/+a', 'jobs/+b']], '"jobs/+"', 'already in the same group'],
    ['the second of several', ['workers', ['jobs/a', 'jobs/#/b']], '"jobs/#/b"', '[MQTT-4.7.1-1]'],
  ])('%s', (_what, args, value, rule) => {
    const { code, message } = definitionError(...args);
    expect(code).toMatch(/^INVALID_(SHARE_NAME|TOPIC_FILTER)$/);
    expect(message).toContain('JobsController.resize: ');
    expect(message).toContain(value);
    expect(message).toContain(rule);
  });

  it.each([
    ['a group that is missing', [undefined, 'jobs'], 'INVALID_SHARE_NAME'],
    ['a filter that is missing', [undefined], 'INVALID_TOPIC_FILTER'],
    ['a filter that is missing beside its group', ['workers', undefined], 'INVALID_TOPIC_FILTER'],
    ['a filter that is a number', ['workers', [7]], 'INVALID_TOPIC_FILTER'],
  ])('%s, as when an environment variable is not set', (_what, args, code) => {
    const error = definitionError(...(args as [string]));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^JobsController\.resize: .*not a string.*environment variable/);
  });
});

describe('@SharedPattern refuses an option', () => {
  it.each<[string, SharedPatternOptions, RegExp]>([
    ['ack', { ack: 'manuel' as never }, /'manuel' is none of 'auto', 'manual'/],
    ['ack', { ack: true as never }, /true is none of/],
    ['orderBy', { orderBy: 'topics' as never }, /'topics' is neither 'topic' nor a function/],
    ['qos', { qos: '1' as never }, /'1' is none of 0, 1, 2/],
    ['concurrency', { concurrency: 0 }, /0 is no whole number from 1/],
    ['codec', { codec: {} as never }, /\{\} is neither the name of a codec nor an object/],
    ['onError', { onError: 'dead-letter' as never }, /'dead-letter' is no object/],
    ['onError.attempts', { onError: { attempts: 0 } }, /0 is no whole number from 1/],
    ['onError.then', { onError: { then: 'dead_letter' as never } }, /'dead_letter' is none of .*'dead-letter'/],
    ['timout', { timout: 5 } as never, /none of this name\. Did you mean `timeout`\?$/],
    ['group', { group: 'workers' } as never, /There are `qos`, .*`onError`\.$/],
    ['onError.deadletter', { onError: { deadletter: 'dead' } as never }, /Did you mean `onError\.deadLetterTopic`\?$/],
    ['options', 'jobs/b' as never, /is no object/],
    ['onError.backoff.max', { onError: { backoff: { max: '1s' as never } } }, /'1s' is no number from 0 on/],
  ])('%s: %j, by its name and its method', (option, options, rule) => {
    const error = definitionError('workers', 'jobs', options);
    expect(error).toMatchObject({ code: 'INVALID_OPTION', option, method: 'JobsController.resize' });
    expect(error.message).toMatch(/^JobsController\.resize: The option /);
    expect(error.message).toMatch(rule);
  });
});

describe('Named levels', () => {
  @Controller()
  class DevicesController {
    @SharedPattern('workers', 'devices/+deviceId/jobs/#rest')
    handle(
      @TopicParam('deviceId') id: string,
      @TopicParam('rest') rest: string,
      @TopicParam('nothing') nothing: undefined,
      @Ctx() ctx: MQTTSharedContext,
    ): void {
      note(`${id}|${rest}|${String(nothing)}|${ctx.filter}`, ctx);
    }

    @SharedPattern('workers', 'numbers/+n')
    number(@TopicParam('n', ParseIntPipe) n: number, @Ctx() ctx: MQTTSharedContext): void {
      note(`${n + 1}`, ctx);
    }

    @SharedPattern('workers', 'two/+a')
    first(@TopicParam('a') a: string, @TopicParam('b') b: string, @Ctx() ctx: MQTTSharedContext): void {
      note(`a=${String(a)} b=${String(b)}`, ctx);
    }

    @SharedPattern('workers', 'two/+b')
    second(@TopicParam('a') a: string, @TopicParam('b') b: string, @Ctx() ctx: MQTTSharedContext): void {
      note(`a=${String(a)} b=${String(b)}`, ctx);
    }

    @SharedPattern('workers', 'odd/+__proto__/+constructor')
    odd(@Ctx() ctx: MQTTSharedContext): void {
      note(Object.entries(ctx.params).join(' '), ctx);
    }

    @EventPattern('plain/+name')
    literal(@Ctx() ctx: MQTTSharedContext): void {
      note('ran', ctx);
    }
  }

  it('are wildcards on the wire and parameters in the method', async () => {
    class WithoutPlain extends DevicesController {
      override literal(): void {}
    }
    Controller()(WithoutPlain);
    await start([WithoutPlain]);
    expect(subscriptions()).toContain('$share/workers/devices/+/jobs/#');
    const cases = { 'devices/42/jobs/a/b': '42|a/b', 'devices/7/jobs': '7|', 'devices//jobs/ü': '|ü' };
    for (const [topic, levels] of Object.entries(cases)) {
      await scene.publish(topic);
      await scene.timeline.until(`acknowledged ${topic}`);
      expect(scene.timeline.of(topic)).toEqual([`${levels}|undefined|devices/+/jobs/#`, 'acknowledged']);
    }

    await scene.publish('numbers/41');
    await scene.publish('two/x');
    await scene.publish('odd/one/two');
    await scene.timeline.until('acknowledged numbers/41', 'acknowledged two/x', 'acknowledged odd/one/two');
    expect(scene.timeline.of('numbers/41')).toEqual(['42', 'acknowledged']);
    expect(scene.timeline.of('two/x')).toEqual(['a=x b=undefined', 'a=undefined b=x', 'acknowledged']);
    expect(scene.timeline.of('odd/one/two')).toEqual(['__proto__,one constructor,two', 'acknowledged']);
  });

  it('are for @SharedPattern only: in a plain pattern they break MQTT’s rules', async () => {
    const error = await start([DevicesController]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'INVALID_TOPIC_FILTER' });
    expect((error as Error).message).toMatch(/'plain\/\+name'.*"\+name"/);
  });
});

describe('Leading slashes', () => {
  @Controller()
  class SlashController {
    @SharedPattern('workers', '//rooted/+id')
    shared(@TopicParam('id') id: string, @Ctx() ctx: MQTTSharedContext): void {
      note(`shared ${id}`, ctx);
    }

    @EventPattern('/plain/+')
    plain(@Ctx() ctx: MQTTSharedContext): void {
      note('plain', ctx);
    }
  }

  it('are stripped, so that no broker sees "//", and named levels are found all the same', async () => {
    await start([SlashController]);
    expect(subscriptions()).toEqual(['$share/workers/rooted/+', 'plain/+']);
    await scene.publish('rooted/1');
    await scene.publish('plain/1');
    await scene.timeline.until('acknowledged rooted/1', 'acknowledged plain/1');
    expect(scene.timeline.of('rooted/1')).toEqual(['shared 1', 'acknowledged']);
    expect(scene.timeline.of('plain/1')).toEqual(['plain', 'acknowledged']);
  });

  it('are kept on request, for publishers that use them', async () => {
    await start([SlashController], { leadingSlash: 'keep' });
    expect(subscriptions()).toEqual(['$share/workers///rooted/+', '/plain/+']);
    await scene.publish('//rooted/1');
    await scene.publish('/plain/1');
    await scene.timeline.until('acknowledged //rooted/1', 'acknowledged /plain/1');
    expect(scene.timeline.of('//rooted/1')).toEqual(['shared 1', 'acknowledged']);
    expect(scene.timeline.of('/plain/1')).toEqual(['plain', 'acknowledged']);
  });

  it('that are all there is leave nothing to subscribe to, and the error says so', async () => {
    const error = await start([controllerWith(SharedPattern('workers', '/'))]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'INVALID_TOPIC_FILTER' });
    expect((error as Error).message).toMatch(/^JobsController\.resize: .*leadingSlash: 'keep'/);
  });
});

describe('Two methods of one subscription', () => {
  async function outcome(first: SharedPatternOptions, second: SharedPatternOptions): Promise<unknown> {
    @Controller()
    class OtherController {
      @SharedPattern('workers', 'jobs/+n', second)
      other(): void {}
    }
    const jobs = controllerWith(SharedPattern('workers', 'jobs/+', first));
    return start([jobs, OtherController]).then(
      () => 'started',
      (reason: unknown) => reason,
    );
  }

  it.each<[string, SharedPatternOptions, SharedPatternOptions]>([
    ['qos', { qos: 1 }, { qos: 2 }],
    ['concurrency', {}, { concurrency: 1 }],
    ['orderBy', { orderBy: 'topic' }, { orderBy: () => 'one' }],
    ['codec', { codec: 'json' }, { codec: 'raw' }],
    ['onError', { onError: { attempts: 1 } }, { onError: { attempts: 2 } }],
  ])('cannot differ in what belongs to the subscription: %s', async (option, first, second) => {
    const error = await outcome(first, second);
    expect(error).toMatchObject({ code: 'CONFLICTING_HANDLERS' });
    expect((error as Error).message).toMatch(
      new RegExp(`JobsController\\.resize and OtherController\\.other .*\\$share/workers/jobs/\\+.* \`${option}\``),
    );
    expect(scene.broker.clients).toEqual([]);
  });

  it('may have a time limit and a way to acknowledge of their own', async () => {
    expect(await outcome({ timeout: 10, ack: 'auto' }, { timeout: 20, ack: 'manual' })).toBe('started');
  });

  it('agree when they say the same in other words', async () => {
    expect(await outcome({ onError: { attempts: 2 } }, { onError: { attempts: 2 }, qos: undefined })).toBe('started');
  });
});
