import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import {
  MQTTSharedContext,
  type MQTTSharedEventOf,
  type MQTTSharedServerOptions,
  SharedPattern,
} from 'nestjs-mqtt-shared';
import { Scene } from './worker.js';

const FILTER = '$share/workers/jobs/+';

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+')
  work(@Ctx() ctx: MQTTSharedContext): void {
    scene.timeline.add(`ran ${ctx.topic}`);
  }
}

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const statuses = (): string[] => scene.timeline.entries.filter((entry) => entry.startsWith('status '));
const errors = (): string[] => scene.log.lines.filter((line) => line.startsWith('error '));
const start = (server: MQTTSharedServerOptions): Promise<void> =>
  scene.start({ controllers: [JobsController], server: { clientId: 'w', ...server } });

/** The connection breaks, and the broker has lost its session, so that the server has to subscribe anew. */
function loseSession(): void {
  scene.broker.expireSession('w:workers:0');
}

async function expectRecovery(): Promise<void> {
  await scene.timeline.untilTimes(2, 'status connected');
  await scene.publish('jobs/after');
  await scene.timeline.until('acknowledged jobs/after');
  expect(scene.timeline.of('jobs/after')).toEqual(['ran', 'acknowledged']);
}

describe.each([4, 5] as const)('A subscription that is lost with its session (%i)', (protocolVersion) => {
  it('is made again', async () => {
    await start({ protocolVersion });
    loseSession();
    await expectRecovery();
    expect(statuses().slice(2)).toEqual(['status reconnecting', 'status connected']);
  });

  it('and refused is an error in the log and in the status, until the broker grants it again', async () => {
    await start({ protocolVersion });
    const lift = scene.broker.refuse(FILTER, 0x80);
    const disconnections: (Error | undefined)[] = [];
    scene.server.on('disconnected', ({ error }: MQTTSharedEventOf<'disconnected'>) => disconnections.push(error));
    loseSession();
    await scene.timeline.until('status subscription-refused');
    expect(disconnections).toContainEqual(expect.objectContaining({ code: 'SUBSCRIPTION_REFUSED', filter: FILTER }));
    expect(errors()).toContainEqual(
      expect.stringContaining(`refused the subscription "${FILTER}" of JobsController.work`),
    );
    lift();
    await expectRecovery();
    expect(statuses().slice(2)).toEqual(['status reconnecting', 'status subscription-refused', 'status connected']);
  });

  it('and granted a lower QoS is an error in the log and in the status, too', async () => {
    await start({ protocolVersion });
    const lift = scene.broker.grant(FILTER, 0);
    loseSession();
    await scene.timeline.until('status subscription-refused');
    expect(errors()).toContainEqual(expect.stringContaining(`granted QoS 0 for "${FILTER}" of JobsController.work`));
    lift();
    await expectRecovery();
  });

  it('and refused does not keep the server from closing', async () => {
    await start({ protocolVersion });
    scene.broker.refuse(FILTER, 0x80);
    loseSession();
    await scene.timeline.until('status subscription-refused');
    const gone = new Promise((resolve) => scene.broker.on('disconnect', resolve));
    await scene.app.close();
    expect(statuses().at(-1)).toBe('status closed');
    await gone;
    expect(scene.broker.clients.filter(({ connected }) => connected)).toEqual([]);
  });
});

describe('A connection that is opened again', () => {
  it('is an error in the log when the broker does not take the password any more', async () => {
    await scene.close();
    let password = 'old';
    scene = await Scene.open(undefined, { authenticate: (client) => client.password?.toString() === password });
    await start({ username: 'me', password: 'old' });
    password = 'new';
    scene.broker.cut('w:workers:0');
    await scene.timeline.until('status reconnecting');
    const refused = await new Promise<Error | undefined>((resolve) => {
      scene.server.on('disconnected', ({ error }) => resolve(error));
    });
    expect(refused).toMatchObject({ code: 'CONNECTION_REFUSED' });
    expect(errors()).toContainEqual(expect.stringContaining('Check `username` and `password`'));
    password = 'old';
    await expectRecovery();
  });
});
