import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Inject, Injectable, Scope } from '@nestjs/common';
import {
  type ContextId,
  ContextIdFactory,
  type ContextIdStrategy,
  type HostComponentInfo,
  REQUEST,
} from '@nestjs/core';
import { CONTEXT, Ctx, EventPattern, Payload, type RequestContext } from '@nestjs/microservices';
import { MQTTSharedContext, SharedPattern, TopicParam } from 'nestjs-mqtt-shared';
import { Scene } from './worker.js';

let scene: Scene;
const note = (what: string, topic: string): void => scene.timeline.add(`${what} ${topic}`);

/** As an application would tell its tenants apart, by a level of the topic. */
class ByTenant implements ContextIdStrategy<RequestContext<unknown, MQTTSharedContext>> {
  private readonly tenants = new Map<string, ContextId>();

  attach(
    contextId: ContextId,
    request: RequestContext<unknown, MQTTSharedContext>,
  ): ReturnType<ContextIdStrategy['attach']> {
    const { tenant } = request.context?.params ?? {};
    if (tenant === undefined) return () => contextId;
    const tenantId = this.tenants.get(tenant) ?? ContextIdFactory.create();
    this.tenants.set(tenant, tenantId);
    return {
      resolve: (info: HostComponentInfo) => (info.isTreeDurable ? tenantId : contextId),
      payload: { tenant },
    };
  }
}

let instances = 0;

@Injectable({ scope: Scope.REQUEST })
class Unit {
  readonly id = ++instances;
  constructor(@Inject(REQUEST) readonly request: RequestContext<{ id: string }, MQTTSharedContext>) {}
}

@Injectable({ scope: Scope.REQUEST })
class Unavailable {
  constructor() {
    throw new Error('there is no database');
  }
}

@Injectable({ scope: Scope.REQUEST, durable: true })
class Tenant {
  readonly id = ++instances;
  constructor(@Inject(REQUEST) readonly payload: { tenant: string }) {}
}

@Controller({ scope: Scope.REQUEST })
class ScopedController {
  readonly id = ++instances;
  constructor(@Inject(CONTEXT) private readonly request: RequestContext<{ id: string }, MQTTSharedContext>) {}

  @SharedPattern('workers', 'scoped/+')
  async scoped(@Payload() data: { id: string }, @Ctx() ctx: MQTTSharedContext): Promise<void> {
    await scene.pass();
    const { request } = this;
    note(`${request.getContext() === ctx} ${request.getData() === data} ${ctx.topic} ${this.id}`, 'scoped');
  }

  @SharedPattern('workers', 'scoped-failing/+')
  failing(): void {
    throw new Error('scoped failure');
  }

  @EventPattern('scoped-event/+')
  event(@Ctx() ctx: MQTTSharedContext): void {
    note('first', ctx.topic);
  }
}

@Controller()
class DependentController {
  constructor(private readonly unit: Unit) {}

  @SharedPattern('workers', 'dependent/+')
  dependent(@Ctx() ctx: MQTTSharedContext): void {
    const { request, id } = this.unit;
    note(
      `pattern ${request.pattern as string}, data ${request.data.id}, ${request.getContext() === ctx}, unit ${id}`,
      ctx.topic,
    );
  }

  @EventPattern('scoped-event/+')
  event(@Ctx() ctx: MQTTSharedContext): void {
    note('second', ctx.topic);
  }
}

@Controller()
class UnavailableController {
  constructor(readonly unavailable: Unavailable) {}

  @SharedPattern('workers', 'unavailable/+')
  handle(@Ctx() ctx: MQTTSharedContext): void {
    note('ran', ctx.topic);
  }
}

@Controller()
class DurableController {
  constructor(private readonly tenant: Tenant) {}

  @SharedPattern('workers', 'tenants/+tenant/+job')
  handle(@TopicParam('job') job: string): void {
    note(`${this.tenant.payload.tenant} in ${this.tenant.id}`, job);
  }
}

const idOf = (entry: string | undefined): string | undefined => entry?.split(' ').at(-1);

beforeAll(async () => {
  ContextIdFactory.apply(new ByTenant());
  scene = await Scene.open({
    controllers: [ScopedController, DependentController, UnavailableController, DurableController],
    providers: [Unit, Unavailable, Tenant],
  });
});
afterAll(() => scene.close());

describe('A request-scoped controller', () => {
  it('is made for each message, and is injected that message’s data and context', async () => {
    await scene.publish('scoped/1', { id: 'one' });
    await scene.publish('scoped/2', { id: 'two' });
    await scene.timeline.until('acknowledged scoped/1', 'acknowledged scoped/2');
    const [first, second] = scene.timeline.of('scoped');
    expect(first).toMatch(/^true true scoped\/1 \d+$/);
    expect(second).toMatch(/^true true scoped\/2 \d+$/);
    expect(idOf(first)).not.toBe(idOf(second));
  });

  it('that fails fails its message', async () => {
    await scene.publish('scoped-failing/1');
    await scene.timeline.until('held scoped-failing/1');
    expect(scene.failure('scoped-failing/1')).toMatchObject({ status: 'error' });
    await scene.neverAcknowledged('scoped-failing/1');
  });

  it('runs beside another controller of its pattern, and the message is acknowledged after both', async () => {
    await scene.publish('scoped-event/1');
    await scene.timeline.until('acknowledged scoped-event/1');
    expect([...scene.timeline.of('scoped-event/1')].sort()).toEqual(['acknowledged', 'first', 'second']);
    expect(scene.timeline.of('scoped-event/1').at(-1)).toBe('acknowledged');
  });
});

describe('A request-scoped provider', () => {
  it('is made for each message, and knows it', async () => {
    await scene.publish('dependent/1', { id: 'one' });
    await scene.publish('dependent/2', { id: 'two' });
    await scene.timeline.until('acknowledged dependent/1', 'acknowledged dependent/2');
    const [first] = scene.timeline.of('dependent/1');
    const [second] = scene.timeline.of('dependent/2');
    expect(first).toMatch(/^pattern \$share\/workers\/dependent\/\+, data one, true, unit \d+$/);
    expect(second).toMatch(/^pattern \$share\/workers\/dependent\/\+, data two, true, unit \d+$/);
    expect(idOf(first)).not.toBe(idOf(second));
  });

  it('that cannot be made fails the message', async () => {
    await scene.publish('unavailable/1');
    await scene.timeline.until('held unavailable/1');
    expect(scene.timeline.of('unavailable/1')).toEqual(['failed', 'held']);
    await scene.neverAcknowledged('unavailable/1');
  });
});

describe('A durable provider', () => {
  it('is made once for each tenant that the topic names', async () => {
    await scene.publish('tenants/red/job-1');
    await scene.publish('tenants/red/job-2');
    await scene.publish('tenants/blue/job-3');
    await scene.timeline.until(
      ...[1, 2].map((n) => `acknowledged tenants/red/job-${n}`),
      'acknowledged tenants/blue/job-3',
    );
    const [one, two, three] = ['job-1', 'job-2', 'job-3'].map((job) => scene.timeline.of(job)[0]);
    expect(one).toMatch(/^red in \d+$/);
    expect(two).toBe(one);
    expect(three).toMatch(/^blue in \d+$/);
    expect(idOf(three)).not.toBe(idOf(one));
  });
});
