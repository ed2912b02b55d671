import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { connectAsync } from 'mqtt';
import { MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { firstValueFrom, ReplaySubject } from 'rxjs';
import { Scene } from './worker.js';

let scene: Scene;
const got = new Map<string, unknown>();
const take = (data: unknown, { topic }: MQTTSharedContext): void => {
  got.set(topic, data);
  scene.timeline.add(`ran ${topic}`);
};

/** Names that a router which parses them as JSON, or keeps them in an object, takes for something else. */
const ODD_TOPICS = [
  'true',
  '1.0',
  '1e3',
  'null',
  '"quoted"',
  '{"a":1}',
  '[1]',
  '__proto__',
  'constructor',
  'ünïcödé-✓-🐘',
  'a b',
  ' ',
  '-0',
  '$x',
];

@Controller()
class JobsController {
  @SharedPattern('workers', 'json/+', { codec: 'json', onError: { attempts: 3 } })
  json(@Payload() data: unknown, @Ctx() ctx: MQTTSharedContext): void {
    take(data, ctx);
  }

  @SharedPattern('workers', 'auto/+')
  auto(@Payload() data: unknown, @Ctx() ctx: MQTTSharedContext): void {
    take(data, ctx);
  }

  @SharedPattern('workers', 'raw/+', { codec: 'raw' })
  raw(@Payload() data: unknown, @Ctx() ctx: MQTTSharedContext): void {
    take(data, ctx);
  }

  @SharedPattern('workers', 'requests/#')
  request(@Payload() data: unknown, @Ctx() ctx: MQTTSharedContext): string {
    take(data, ctx);
    return `answer to ${JSON.stringify(data)}`;
  }
}

@Controller()
class OddController {
  @SharedPattern('workers', ODD_TOPICS)
  shared(@Payload() data: unknown, @Ctx() ctx: MQTTSharedContext): void {
    take(data, ctx);
    scene.timeline.add(`by ${ctx.filter} ${ctx.topic}`);
  }
}

@Controller()
class PlainOddController {
  @EventPattern(ODD_TOPICS)
  event(@Payload() data: unknown, @Ctx() ctx: MQTTSharedContext): void {
    take(data, ctx);
  }
}

@Controller()
class ObjectPatternController {
  @MessagePattern({ a: 1 })
  object(@Payload() data: unknown, @Ctx() ctx: MQTTSharedContext): void {
    take(data, ctx);
  }

  @EventPattern(1)
  number(@Payload() data: unknown, @Ctx() ctx: MQTTSharedContext): void {
    take(data, ctx);
  }
}

beforeEach(() => got.clear());

async function expectDelivery(topic: string, payload: Buffer, data: unknown): Promise<void> {
  await scene.publish(topic, payload);
  await scene.timeline.until(`acknowledged ${topic}`);
  expect(got.get(topic)).toEqual(data);
}

describe('A payload', () => {
  beforeAll(async () => {
    scene = await Scene.open({ controllers: [JobsController], server: { maxPayload: 64 } });
  });
  afterAll(() => scene.close());

  it('that is no JSON where JSON is expected fails once, without a handler, and is not acknowledged', async () => {
    await scene.publish('json/malformed', Buffer.from('{"n": 1'));
    await scene.timeline.until('held json/malformed');
    const error = scene.failure('json/malformed') as Error;
    expect(error).toMatchObject({ code: 'PAYLOAD_DECODE', topic: 'json/malformed' });
    expect(error.message).toMatch(/"json\/malformed" cannot be decoded.*begins with "\{"n": 1".*Set `codec`/);
    expect(scene.timeline.of('json/malformed')).toEqual(['failed', 'held']);
    await scene.neverAcknowledged('json/malformed');
  });

  it('that cannot be decoded does not disturb the next', async () => {
    await scene.publish('json/before', Buffer.from(''));
    await expectDelivery('json/after', Buffer.from('{"n":1}'), { n: 1 });
    expect(scene.failure('json/before')).toMatchObject({ code: 'PAYLOAD_DECODE' });
  });

  it.each([
    ['JSON', '{"n":1}', { n: 1 }],
    ['text that begins like JSON', '{"n":1', '{"n":1'],
    ['text', 'plain text', 'plain text'],
    ['nothing', '', ''],
    ['JSON with a key __proto__', '{"__proto__":{"admin":true}}', JSON.parse('{"__proto__":{"admin":true}}')],
  ])('of %s arrives as it is meant', async (what, payload, data) => {
    await expectDelivery(`auto/${what}`, Buffer.from(payload), data);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('of bytes survives, whether bytes are expected or not', async () => {
    const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x7b, 0x80]);
    await expectDelivery('auto/bytes', bytes, bytes);
    await expectDelivery('raw/bytes', bytes, bytes);
    await expectDelivery('raw/json', Buffer.from('{}'), Buffer.from('{}'));
  });

  it('of just maxPayload bytes is handled, and of one more is not', async () => {
    await expectDelivery('raw/64', Buffer.alloc(64, 1), Buffer.alloc(64, 1));
    await scene.publish('raw/65', Buffer.alloc(65, 1));
    await scene.timeline.until('held raw/65');
    expect(scene.failure('raw/65')).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect((scene.failure('raw/65') as Error).message).toMatch(/"raw\/65" has 65 bytes, and `maxPayload` is 64.*Raise/);
    expect(scene.log.lines).toContainEqual(expect.stringMatching(/^error .*"raw\/65" has 65 bytes/));
    expect(scene.timeline.of('raw/65')).toEqual(['failed', 'held']);
    await scene.neverAcknowledged('raw/65');
  });
});

describe('A topic with an odd name', () => {
  afterEach(() => scene.close());

  it('reaches the handler of just that filter in a group', async () => {
    scene = await Scene.open({ controllers: [OddController] });
    for (const topic of ODD_TOPICS) await expectDelivery(topic, Buffer.from(JSON.stringify(topic)), topic);
    for (const topic of ODD_TOPICS) {
      expect(scene.timeline.of(topic).slice(0, 2)).toEqual(['ran', `by ${topic}`].map((entry) => entry));
    }
  });

  it('reaches the handler of just that plain pattern', async () => {
    scene = await Scene.open({ controllers: [PlainOddController] });
    for (const topic of ODD_TOPICS) await expectDelivery(topic, Buffer.from(JSON.stringify(topic)), topic);
  });

  it('reaches the handler of an object or a number as Nest writes it', async () => {
    scene = await Scene.open({ controllers: [ObjectPatternController] });
    await expectDelivery('{"a":1}', Buffer.from('1'), 1);
    await expectDelivery('1', Buffer.from('2'), 2);
  });
});

describe('A message of an earlier subscription', () => {
  it('that no handler is for fails with an error that names its topic, and is not acknowledged', async () => {
    scene = await Scene.open();
    const earlier = await connectAsync(scene.broker.url, {
      protocolVersion: 5,
      clientId: 'w:workers:0',
      clean: false,
      properties: { sessionExpiryInterval: 600 },
    });
    await earlier.subscribeAsync('forgotten/#', { qos: 1 });
    await earlier.endAsync();
    await scene.publish('forgotten/1');
    await scene.start({ controllers: [JobsController], server: { clientId: 'w' } });
    await scene.timeline.until('held forgotten/1');
    expect(scene.failure('forgotten/1')).toMatchObject({ code: 'UNMATCHED_MESSAGE' });
    expect(scene.log.lines).toContainEqual(
      expect.stringMatching(/^error .*"w:workers:0".*matches topic "forgotten\/1"/),
    );
    await scene.neverAcknowledged('forgotten/1');
    await scene.close();
  });
});

describe('A reply that comes back through the worker’s own filter', () => {
  beforeAll(async () => {
    scene = await Scene.open({ controllers: [JobsController] });
  });
  afterAll(() => scene.close());

  /** Everything published there, with its payload. */
  function publishedOn(topic: string): Promise<string> {
    const published = new ReplaySubject<string>(1);
    scene.broker.on('publish', (message) => message.topic === topic && published.next(message.payload.toString()));
    return firstValueFrom(published);
  }

  it('is sent, acknowledged and handled by nobody (Response Topic of 5.0)', async () => {
    const reply = publishedOn('requests/replies/1');
    await scene.broker.publish('requests/1', '1', {
      qos: 1,
      properties: { responseTopic: 'requests/replies/1', correlationData: Buffer.from('x') },
    });
    expect(await reply).toBe('answer to 1');
    await scene.timeline.until('acknowledged requests/1', 'acknowledged requests/replies/1');
    expect(scene.timeline.of('requests/replies/1')).toEqual(['reply-ignored', 'acknowledged']);
  });

  it('is sent, acknowledged and handled by nobody (the envelope of Nest’s own client)', async () => {
    const reply = publishedOn('requests/2/reply');
    await scene.publish('requests/2', { pattern: 'requests/2', data: 2, id: 'an-id' });
    expect(JSON.parse(await reply)).toEqual({ id: 'an-id', response: 'answer to 2', isDisposed: true });
    await scene.timeline.until('acknowledged requests/2', 'acknowledged requests/2/reply');
    expect(scene.timeline.of('requests/2/reply')).toEqual(['reply-ignored', 'acknowledged']);
  });

  it('is told from a job on such a topic', async () => {
    await scene.publish('requests/3/reply', { id: 3, response: 'of a customer', more: true });
    await scene.timeline.until('acknowledged requests/3/reply');
    expect(scene.timeline.of('requests/3/reply')).toEqual(['ran', 'acknowledged']);
  });

  it('cannot be sent to a topic that is none: the request is handled, and the log says so', async () => {
    await scene.publish('requests/4', { pattern: 'requests/4', data: 4, id: 'an-id', replyTo: 'a/#' });
    await scene.timeline.until('acknowledged requests/4');
    expect(scene.timeline.of('requests/4')).toEqual(['ran', 'acknowledged']);
    expect(scene.log.lines).toContainEqual(expect.stringMatching(/^warn .*"requests\/4".*"a\/#"/));
  });
});
