import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  type INestApplication,
  ValidationPipe,
} from '@nestjs/common';
import {
  ClientProxyFactory,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  ServerTCP,
  Transport,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { IsInt } from 'class-validator';
import { MQTTSharedContext, ServerMQTTShared, SharedPattern } from 'nestjs-mqtt-shared';
import type { AddressInfo, Server } from 'node:net';
import { EMPTY, firstValueFrom, type Observable } from 'rxjs';
import { Scene } from './worker.js';

class Job {
  @IsInt() n!: number;
}

@Controller()
class HybridController {
  @Get()
  http(): string {
    return 'over HTTP';
  }

  @SharedPattern('workers', 'jobs/+')
  job(@Payload() job: Job, @Ctx() ctx: MQTTSharedContext): void {
    scene.timeline.add(`ran with ${String(job.n)} ${ctx.topic}`);
  }

  @MessagePattern({ cmd: 'double' }, Transport.TCP)
  double(@Payload() n: number): number {
    return 2 * n;
  }

  @EventPattern('everywhere')
  everywhere(@Ctx() ctx: unknown): void {
    scene.timeline.add(`ran by ${ctx instanceof MQTTSharedContext ? 'MQTT' : 'TCP'} everywhere`);
  }

  @MessagePattern('sentinel/+')
  sentinel(): void {}
}

@Catch()
class SwallowAll implements ExceptionFilter {
  catch(error: Error, host: ArgumentsHost): Observable<never> {
    scene.timeline.add(`swallowed ${error.message}: ${host.switchToRpc().getContext<MQTTSharedContext>().topic}`);
    return EMPTY;
  }
}

let scene: Scene;
let app: INestApplication;
let server: ServerMQTTShared;

beforeEach(async () => {
  scene = await Scene.open();
  const module = await Test.createTestingModule({ controllers: [HybridController] })
    .setLogger(scene.log)
    .compile();
  app = module.createNestApplication();
  scene.apps.push(app);
  server = scene.newServer();
});
afterEach(() => scene.close());

/** The TCP server's own port, on loopback. */
async function startBoth(inheritAppConfig: boolean): Promise<{ tcp: ServerTCP; tcpPort: number }> {
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalFilters(new SwallowAll());
  app.connectMicroservice({ strategy: server }, { inheritAppConfig });
  const tcp = new ServerTCP({ host: '127.0.0.1', port: 0 });
  app.connectMicroservice({ strategy: tcp });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  return { tcp, tcpPort: (tcp.unwrap<Server>().address() as AddressInfo).port };
}

describe('A hybrid application', () => {
  it('with inheritAppConfig uses its global pipes and filters for messages', async () => {
    await startBoth(true);
    await scene.publish('jobs/good', { n: 1 });
    await scene.publish('jobs/bad', { n: 'one' });
    await scene.timeline.until('acknowledged jobs/good', 'acknowledged jobs/bad');
    expect(scene.timeline.of('jobs/good')).toEqual(['ran with 1', 'acknowledged']);
    expect(scene.timeline.of('jobs/bad')).toEqual(['swallowed Bad Request Exception:', 'acknowledged']);
  });

  it('without inheritAppConfig keeps them for HTTP', async () => {
    await startBoth(false);
    await scene.publish('jobs/bad', { n: 'one' });
    await scene.timeline.until('acknowledged jobs/bad');
    expect(scene.timeline.of('jobs/bad')).toEqual(['ran with one', 'acknowledged']);
  });

  it('gives no other strategy a @SharedPattern, and this one no handler of another', async () => {
    const { tcp } = await startBoth(false);
    expect([...tcp.getHandlers().keys()].sort()).toEqual(['everywhere', 'sentinel/+', '{"cmd":"double"}'].sort());
    expect([...server.getHandlers().keys()].sort()).toEqual(['$share/workers/jobs/+', 'everywhere', 'sentinel/+']);
    expect(scene.broker.clients.flatMap(({ subscriptions }) => subscriptions).sort()).toEqual([
      '$share/workers/jobs/+',
      'everywhere',
      'nestjs-mqtt-shared/presence/workers/+',
      'sentinel/+',
    ]);
  });

  it('serves HTTP, TCP and MQTT at once', async () => {
    const { tcpPort } = await startBoth(false);
    const tcp = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port: tcpPort } });
    const response = await fetch(await app.getUrl());
    expect(await response.text()).toBe('over HTTP');
    expect(await firstValueFrom(tcp.send({ cmd: 'double' }, 21))).toBe(42);
    await expect(firstValueFrom(tcp.send('$share/workers/jobs/+', { n: 1 }))).rejects.toMatch(
      'There is no matching message handler',
    );
    await firstValueFrom(tcp.emit('everywhere', {}), { defaultValue: undefined });
    await scene.timeline.until('ran by TCP everywhere');
    await scene.publish('everywhere');
    await scene.timeline.until('acknowledged everywhere');
    expect(scene.timeline.of('everywhere')).toEqual(['ran by TCP', 'ran by MQTT', 'acknowledged']);
    await tcp.close();
  });

  it('closes with everything it has, and leaves no session on the broker', async () => {
    await startBoth(false);
    await app.close();
    expect(scene.broker.clients).toEqual([]);
    expect(scene.timeline.entries.at(-1)).toBe('status closed');
  });

  it('does not start when the broker refuses, and says which filter of which method it was', async () => {
    scene.broker.refuse('$share/workers/jobs/+', 0x87);
    await expect(startBoth(false)).rejects.toThrow(
      /"\$share\/workers\/jobs\/\+" of HybridController\.job .*Not authorized/,
    );
  });
});
