import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventPattern } from '@nestjs/microservices';
import { InvalidOptionError, SharedPattern } from 'nestjs-mqtt-shared';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { Scene } from '../support/scene.js';

describe('A worker that announces itself', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.close());

  it('gets no presence as a job, however much its filter covers', async () => {
    const { url } = await scene.embeddedBroker();
    const topics: string[] = [];
    const handler = new ControlledHandler();
    const controller = controllerFor(SharedPattern('workers', '#'), (data, ctx) => {
      topics.push(ctx.getTopic());
      return handler.handle(data);
    });
    await scene.worker({ url, adoption: true, clientId: 'w1' }, controller);
    const other = await scene.worker({ url, adoption: true, clientId: 'w2' }, controller);
    handler.finishAll();
    await other.close();
    const publisher = await scene.publisher(url);
    await publisher.publish('jobs/a', ['a job']);
    await handler.whenStarted('a job');

    expect(topics).toEqual(['jobs/a']);
  });

  it('can watch presence by a plain subscription', async () => {
    const { url } = await scene.embeddedBroker();
    const handler = new ControlledHandler();
    handler.finishAll();
    const pattern = EventPattern('nestjs-mqtt-shared/presence/#') as MethodDecorator;
    const watching = controllerFor(pattern, (data) => {
      const { clientId, state } = data as unknown as { clientId: string; state: string };
      return handler.handle(`${clientId} ${state}`);
    });
    await scene.worker({ url, adoption: true, clientId: 'observer' }, watching);
    await scene.worker(
      { url, adoption: true, clientId: 'w1' },
      controllerFor(SharedPattern('workers', 'jobs/#'), () => {}),
    );
    await handler.whenStarted('w1:workers:0 alive');

    expect(handler.ended).toEqual(['w1:workers:0 alive']);
  });

  it('spreads more filters than a will can tell of over connections', async () => {
    const broker = await scene.embeddedBroker();
    const filters = Array.from({ length: 3_000 }, (_, i) => `jobs/of/customer/${i}`);
    const handler = new ControlledHandler();
    handler.finishAll();
    await scene.worker(
      { url: broker.url, adoption: true, clientId: 'w1' },
      controllerFor(SharedPattern('workers', filters), (data) => handler.handle(data)),
    );
    const publisher = await scene.publisher(broker.url);
    await publisher.publish('jobs/of/customer/0', ['first']);
    await publisher.publish('jobs/of/customer/2999', ['last']);
    await Promise.all([handler.whenStarted('first'), handler.whenStarted('last')]);

    const ids = broker.clients.map(({ clientId }) => clientId);
    expect(ids).toEqual(expect.arrayContaining(['w1:workers:0', 'w1:workers:1']));
    expect(handler.ended.toSorted()).toEqual(['first', 'last']);
  });

  it('says at start when a single filter is more than a will can tell of', async () => {
    const { url } = await scene.embeddedBroker();
    const filter = `jobs/${'x'.repeat(65_400)}`;
    const listening = scene.worker(
      { url, adoption: true, clientId: 'w1' },
      controllerFor(SharedPattern('workers', filter), () => {}),
    );
    await expect(listening).rejects.toThrow(InvalidOptionError);
    await expect(listening).rejects.toThrow(/do not fit.*adoption: false/);
  });
});
