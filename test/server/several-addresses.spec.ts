import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { ClientMQTTShared, MQTTSharedContext, MQTTSharedError, SharedPattern } from 'nestjs-mqtt-shared';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { lastValueFrom } from 'rxjs';
import { Scene } from './worker.js';

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+')
  work(@Ctx() ctx: MQTTSharedContext): void {
    scene.timeline.add(`handled ${ctx.topic}`);
  }
}

const NOBODY = 'mqtt://127.0.0.1:1';

let scene: Scene;
let second: EmbeddedBroker;
beforeEach(async () => {
  scene = await Scene.open();
  second = new EmbeddedBroker({ authenticate: ({ username }) => username === 'me' });
  await second.listen();
});
afterEach(async () => {
  await scene.close();
  await second.close();
});

const members = (broker: EmbeddedBroker): string[] =>
  broker.clients.filter(({ connected }) => connected).map(({ clientId }) => clientId.replace(/^[^:]*/, ''));

describe.each([4, 5] as const)('A server with several addresses (%i)', (protocolVersion) => {
  it('listens when one of them accepts it, with all its connections', async () => {
    const connectedTo: string[] = [];
    await scene.create({
      controllers: [JobsController],
      server: { protocolVersion, url: [NOBODY, second.url, scene.broker.url] },
    });
    scene.server.on('connected', ({ address }) => connectedTo.push(address));
    await scene.app.listen();
    expect(connectedTo).toEqual([scene.broker.url]);
    expect(members(scene.broker).sort()).toEqual([':presence', ':workers:0']);
    expect(scene.log.lines.join('\n')).toContain(`Connected to ${scene.broker.url}`);
    await scene.publish('jobs/1');
    await scene.timeline.until('acknowledged jobs/1');
  });

  it('does not listen when none accepts it, and says of each why', async () => {
    await scene.create({ controllers: [JobsController], server: { protocolVersion, url: [NOBODY, second.url] } });
    const error: unknown = await scene.app.listen().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MQTTSharedError);
    expect(error).toMatchObject({
      code: 'NO_BROKER',
      errors: [{ code: 'BROKER_UNREACHABLE' }, { code: 'CONNECTION_REFUSED' }],
    });
    expect(String(error)).toMatch(new RegExp(`1\\. .*${NOBODY}.*\n2\\. .*${second.url} refused.*password`));
  });

  it('names the address in use when it is refused there', async () => {
    scene.broker.refuse('$share/workers/jobs/+', 0x80);
    const url = [NOBODY, scene.broker.url];
    await scene.create({ controllers: [JobsController], server: { protocolVersion, url } });
    const error: unknown = await scene.app.listen().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'SUBSCRIPTION_REFUSED' });
    expect(String(error)).toContain(scene.broker.url);
    expect(String(error)).not.toContain(NOBODY);
  });

  it('goes on at the next when the one it is connected to is gone, and subscribes there', async () => {
    const url = [scene.broker.url, second.url.replace('//', '//me:s3cret@')];
    await scene.create({ controllers: [JobsController], server: { protocolVersion, url } });
    const connected = new Promise<string>((resolve) =>
      scene.server.on('connected', ({ address }) => address === second.url && resolve(address)),
    );
    await scene.app.listen();
    await scene.broker.close();
    await connected;
    await second.publish('jobs/2', '{}', { qos: 1 });
    await scene.timeline.until('handled jobs/2');
    expect(scene.log.lines.join('\n')).not.toContain('s3cret');
  });
});

describe('A client with several addresses', () => {
  it('publishes where one of them accepts it', async () => {
    await scene.start({ controllers: [JobsController] });
    const client = new ClientMQTTShared({ url: [NOBODY, second.url, scene.broker.url] });
    await expect(lastValueFrom(client.emit('jobs/1', {}))).resolves.toBeUndefined();
    await scene.timeline.until('handled jobs/1');
    await client.close();
  });

  it('says of each why when none does', async () => {
    const client = new ClientMQTTShared({ url: [second.url, NOBODY] });
    await expect(lastValueFrom(client.emit('jobs/1', {}))).rejects.toMatchObject({
      code: 'NO_BROKER',
      errors: [{ code: 'CONNECTION_REFUSED' }, { code: 'BROKER_UNREACHABLE' }],
    });
    await client.close();
  });
});
