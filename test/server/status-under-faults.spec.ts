import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { Scene } from './worker.js';

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+')
  work(): void {}

  @EventPattern('news')
  news(@Payload() _data: unknown): void {}
}

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
  await scene.start({ controllers: [JobsController], server: { clientId: 'w' } });
});
afterEach(() => scene.close());

const statuses = (): string[] => scene.timeline.entries.filter((entry) => entry.startsWith('status ')).slice(2);

function untilDisconnected(times: number): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    scene.server.on('disconnected', () => ++count === times && resolve());
  });
}

describe('The status of a server whose session is lost', () => {
  it('does not say that the broker refuses when the connection breaks before it has answered', async () => {
    const withheld = scene.broker.withhold(({ cmd }, clientId) => {
      if (cmd === 'suback' && clientId === 'w::0') setImmediate(() => scene.broker.cut(clientId));
      return cmd === 'suback' && clientId === 'w::0';
    });
    const lostAgain = untilDisconnected(2);
    scene.broker.cut('w::0');
    await lostAgain;
    withheld.drop();
    await scene.timeline.untilTimes(2, 'status connected');
    expect(statuses()).toEqual(['status reconnecting', 'status connected']);
  });

  it('does not go on saying that the broker refuses when it is gone', async () => {
    scene.broker.refuse('$share/workers/jobs/+', 0x80);
    scene.broker.expireSession('w:workers:0');
    await scene.timeline.until('status subscription-refused');
    const lost = untilDisconnected(6);
    await scene.broker.close();
    await lost;
    expect(statuses().at(-1)).toBe('status reconnecting');
  });
});

describe('The status of a server that is closed while it starts', () => {
  it('never says that it is connected', async () => {
    await scene.app.close();
    const withheld = scene.broker.withhold(({ cmd }, clientId) => cmd === 'suback' && clientId === 'w:workers:0');
    await scene.create({ controllers: [JobsController], server: { clientId: 'w', drainTimeout: 50 } });
    const before = scene.timeline.entries.length;
    const others = new Promise<void>((resolve) => scene.server.on('subscribed', () => resolve()));
    const listening = scene.app.listen();
    listening.catch(() => {});
    await others;
    await scene.server.close();
    await expect(listening).rejects.toThrow('stopped');
    withheld.drop();
    const said = scene.timeline.entries.slice(before).filter((entry) => entry.startsWith('status '));
    expect(said).not.toContain('status connected');
    expect(said.at(-1)).toBe('status closed');
  });
});
