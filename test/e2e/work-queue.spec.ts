import 'reflect-metadata';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, type INestMicroservice, Logger } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { MQTTSharedContext, ServerMQTTShared, SharedPattern, TopicParam } from 'nestjs-mqtt-shared';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';

Logger.overrideLogger(false);

const seen: unknown[] = [];

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+kind/#')
  async work(@Payload() data: unknown, @TopicParam('kind') kind: string, @Ctx() ctx: MQTTSharedContext): Promise<void> {
    seen.push({ data, kind, topic: ctx.topic, group: ctx.group });
  }
}

describe('smoke', () => {
  let app: INestMicroservice | undefined;
  let broker: EmbeddedBroker;
  afterEach(async () => {
    await app?.close();
    await broker.close();
  });

  it('works', async () => {
    broker = new EmbeddedBroker();
    await broker.listen();
    const moduleRef = await Test.createTestingModule({ controllers: [JobsController] }).compile();
    const server = new ServerMQTTShared({ url: broker.url });
    app = moduleRef.createNestMicroservice({ strategy: server });
    await app.listen();
    const acked = new Promise<void>((resolve) => server.on('acknowledged', () => resolve()));
    await broker.publish('jobs/resize/1', JSON.stringify({ n: 1 }), { qos: 1 });
    await acked;
    expect(seen).toEqual([{ data: { n: 1 }, kind: 'resize', topic: 'jobs/resize/1', group: 'workers' }]);
    console.log(server.stats().groups, broker.clients);
  });
});
