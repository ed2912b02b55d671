/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { MQTTSharedContext, type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { Scene } from './worker.js';

const REPLIES = 'w:replies';

@Controller()
class JobsController {
  @SharedPattern('workers', 'bad/+', { onError: { then: 'dead-letter' } })
  fail(): void {
    throw new Error('broken');
  }

  @SharedPattern('workers', 'ask/+')
  answer(@Ctx() ctx: MQTTSharedContext): string {
    scene.timeline.add(`asked ${ctx.topic}`);
    return 'an answer';
  }

  @SharedPattern('workers', 'good/+')
  work(): void {}
}

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
  scene.broker.on('publish', ({ topic, publisher }) => publisher === REPLIES && scene.timeline.add(`took ${topic}`));
});
afterEach(() => scene.close());

describe.each([4, 5] as const)('While the broker takes nothing that a server publishes (%i)', (protocolVersion) => {
  const server: MQTTSharedServerOptions = {
    protocolVersion,
    clientId: 'w',
    adoption: false,
    concurrency: 1,
    connectTimeout: 500,
    redeliverAfter: 50,
  };

  it('a message whose dead letter is not confirmed is held, comes again, and keeps nobody from working', async () => {
    const release = scene.broker.withhold(({ cmd }, id) => id === REPLIES && cmd === 'puback');
    await scene.start({ controllers: [JobsController], server });
    await scene.publish('bad/1');
    await scene.timeline.until('held bad/1');
    await scene.publish('good/1');
    await scene.timeline.until('acknowledged good/1');
    await scene.neverAcknowledged('bad/1');
    release();
    await scene.timeline.until('acknowledged bad/1');
    // What was given up is not sent again.
    const tries = scene.timeline.of('bad/1').filter((entry) => entry === 'failed').length;
    expect(scene.timeline.of('dead-letter/workers/bad/1').length).toBeLessThanOrEqual(tries);
  });

  it('a request whose reply is not confirmed is held, asked again, and keeps nobody from working', async () => {
    const release = scene.broker.withhold(({ cmd }, id) => id === REPLIES && cmd === 'puback');
    await scene.start({ controllers: [JobsController], server });
    const request = { id: '1', pattern: 'ask/1', data: {}, replyTo: 'answers/1' };
    if (protocolVersion === 4) await scene.publish('ask/1', request);
    else {
      const properties = { responseTopic: 'answers/1', correlationData: Buffer.from('1') };
      await scene.broker.publish('ask/1', '{}', { qos: 1, properties });
    }
    await scene.timeline.until('held ask/1');
    await scene.publish('good/1');
    await scene.timeline.until('acknowledged good/1');
    await scene.neverAcknowledged('ask/1');
    release();
    await scene.timeline.until('acknowledged ask/1');
    expect(scene.timeline.of('ask/1').filter((entry) => entry === 'asked').length).toBeGreaterThan(1);
  });
});
