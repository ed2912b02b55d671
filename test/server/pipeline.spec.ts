import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  ParseIntPipe,
  type PipeTransform,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type ValidationError,
  ValidationPipe,
} from '@nestjs/common';
import { BaseRpcExceptionFilter, Ctx, EventPattern, Payload, RpcException } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import { MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { catchError, EMPTY, finalize, map, type Observable, of, tap, throwError } from 'rxjs';
import { Scene } from './worker.js';

let scene: Scene;
const note = (what: string, ctx: MQTTSharedContext): void => scene.timeline.add(`${what} ${ctx.topic}`);

class OnlyFriends implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const rpc = execution.switchToRpc();
    const context = rpc.getContext<MQTTSharedContext>();
    note(`guard of ${execution.getType()} ${execution.getClass().name}.${execution.getHandler().name}`, context);
    return rpc.getData<{ friend: boolean }>().friend;
  }
}

class ResizeJob {
  @IsString() image!: string;
  @IsInt() width!: number;
}

const namingProperties = (errors: ValidationError[]): RpcException =>
  new RpcException(`wrong: ${errors.map(({ property }) => property).join()}`);

class Double implements PipeTransform<number, number> {
  transform(value: number): number {
    return value * 2;
  }
}

class Around implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const context = execution.switchToRpc().getContext<MQTTSharedContext>();
    note('before', context);
    return next.handle().pipe(
      tap((value) => note(`value ${String(value)}`, context)),
      finalize(() => note('after', context)),
    );
  }
}

class Renaming implements NestInterceptor {
  intercept(_execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next
      .handle()
      .pipe(catchError((error: Error) => throwError(() => new RpcException(`renamed: ${error.message}`))));
  }
}

class Forgiving implements NestInterceptor {
  intercept(_execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map(() => 'fine'),
      catchError(() => of('forgiven')),
    );
  }
}

class Skipping implements NestInterceptor {
  intercept(): Observable<unknown> {
    return EMPTY;
  }
}

@Catch()
class Swallow implements ExceptionFilter {
  catch(error: Error, host: ArgumentsHost): Observable<unknown> {
    note(`swallowed "${error.message}"`, host.switchToRpc().getContext());
    return EMPTY;
  }
}

@Catch()
class ReturnNothing implements ExceptionFilter {
  catch(): void {}
}

@Catch()
class BrokenFilter implements ExceptionFilter {
  catch(): Observable<never> {
    throw new Error('the filter itself is broken');
  }
}

@Catch(TypeError)
class OnlyTypeErrors extends BaseRpcExceptionFilter<TypeError> {
  override catch(error: TypeError): Observable<never> {
    return throwError(() => new RpcException(`a type error: ${error.message}`));
  }
}

@Controller()
class PipelineController {
  @UseGuards(OnlyFriends)
  @SharedPattern('workers', 'guarded/+')
  guarded(@Ctx() ctx: MQTTSharedContext): void {
    note('ran', ctx);
  }

  @UsePipes(new ValidationPipe({ transform: true, exceptionFactory: namingProperties }))
  @SharedPattern('workers', 'validated/+')
  validated(@Payload() job: ResizeJob, @Ctx() ctx: MQTTSharedContext): void {
    note(`ran with ${job.constructor.name} ${job.image} ${job.width}`, ctx);
  }

  @UsePipes(new ValidationPipe())
  @SharedPattern('workers', 'validated-plainly/+')
  validatedPlainly(@Payload() _job: ResizeJob, @Ctx() ctx: MQTTSharedContext): void {
    note('ran', ctx);
  }

  @SharedPattern('workers', 'piped/+')
  piped(@Payload('n', ParseIntPipe, Double) n: number, @Ctx() ctx: MQTTSharedContext): void {
    note(`ran with ${n}`, ctx);
  }

  @UseInterceptors(Around)
  @SharedPattern('workers', 'intercepted/+')
  async intercepted(@Payload('fail') fail: boolean, @Ctx() ctx: MQTTSharedContext): Promise<string> {
    note('ran', ctx);
    await scene.pass();
    if (fail) throw new RpcException('on purpose');
    return 'done';
  }

  @UseInterceptors(Renaming)
  @SharedPattern('workers', 'renamed/+')
  renamed(): void {
    throw new Error('first name');
  }

  @UseInterceptors(Forgiving)
  @SharedPattern('workers', 'forgiven/+')
  forgiven(): void {
    throw new Error('never mind');
  }

  @UseInterceptors(Skipping)
  @SharedPattern('workers', 'skipped/+')
  skipped(@Ctx() ctx: MQTTSharedContext): void {
    note('ran', ctx);
  }

  @UseFilters(Swallow)
  @SharedPattern('workers', 'swallowed/+')
  swallowed(): void {
    throw new Error('swallow me');
  }

  @UseFilters(ReturnNothing)
  @SharedPattern('workers', 'swallowed-by-nothing/+')
  swallowedByNothing(): void {
    throw new Error('swallow me');
  }

  @UseFilters(BrokenFilter)
  @SharedPattern('workers', 'broken-filter/+')
  brokenFilter(): void {
    throw new Error('anything');
  }

  @UseFilters(OnlyTypeErrors)
  @SharedPattern('workers', 'filtered/+')
  filtered(@Payload('type') type: boolean): void {
    if (type) throw new TypeError('of mine');
    throw new RpcException('another');
  }

  @SharedPattern('workers', 'unfiltered/+')
  unfiltered(): void {
    throw new Error('a detail nobody outside should see');
  }

  @UseGuards(OnlyFriends)
  @UseFilters(Swallow)
  @EventPattern('plain/+')
  plain(@Ctx() ctx: MQTTSharedContext): void {
    note('ran', ctx);
    throw new Error('after the guard');
  }
}

beforeAll(async () => {
  scene = await Scene.open({ controllers: [PipelineController] });
});
afterAll(() => scene.close());

/** The handler's message failed, and the broker has not been told that it was handled. */
async function expectFailure(topic: string, message: string): Promise<void> {
  await scene.timeline.until(`held ${topic}`);
  expect(scene.failure(topic)).toMatchObject({ message });
  await scene.neverAcknowledged(topic);
}

describe('A guard', () => {
  it('sees data and context of the message, and lets it through to the handler', async () => {
    await scene.publish('guarded/friend', { friend: true });
    await scene.timeline.until('acknowledged guarded/friend');
    expect(scene.timeline.of('guarded/friend')).toEqual([
      'guard of rpc PipelineController.guarded',
      'ran',
      'acknowledged',
    ]);
  });

  it('that refuses fails the message, and the handler does not run', async () => {
    await scene.publish('guarded/stranger', { friend: false });
    await expectFailure('guarded/stranger', 'Forbidden resource');
    expect(scene.timeline.of('guarded/stranger')).not.toContain('ran');
  });
});

describe('A pipe', () => {
  it('of validation hands the handler an instance of its class', async () => {
    await scene.publish('validated/good', { image: 'cat', width: 100 });
    await scene.timeline.until('acknowledged validated/good');
    expect(scene.timeline.of('validated/good')).toEqual(['ran with ResizeJob cat 100', 'acknowledged']);
  });

  it('of validation fails a message that breaks the rules, with the words of its factory', async () => {
    await scene.publish('validated/bad', { image: 'cat', width: 'wide' });
    await expectFailure('validated/bad', 'wrong: width');
    expect(scene.timeline.of('validated/bad')).not.toContain('ran with ResizeJob cat wide');
  });

  it('of validation that throws an HTTP exception fails the message too', async () => {
    await scene.publish('validated-plainly/bad', { width: 1 });
    await expectFailure('validated-plainly/bad', 'Internal server error');
    expect(scene.timeline.of('validated-plainly/bad')).not.toContain('ran');
  });

  it('of validation fails what is no object at all', async () => {
    await scene.publish('validated/text', Buffer.from('not json'));
    await expectFailure('validated/text', 'wrong: image,width');
  });

  it('on a property of the payload transforms it, in a chain', async () => {
    await scene.publish('piped/21', { n: '21' });
    await scene.timeline.until('acknowledged piped/21');
    expect(scene.timeline.of('piped/21')).toEqual(['ran with 42', 'acknowledged']);
  });

  it('on a property of the payload fails the message when it cannot', async () => {
    await scene.publish('piped/nan', { n: 'many' });
    await expectFailure('piped/nan', 'Internal server error');
    expect(scene.timeline.of('piped/nan')).toEqual(['failed', 'held']);
  });
});

describe('An interceptor', () => {
  it('surrounds the handler, and the message is acknowledged after both', async () => {
    await scene.publish('intercepted/good', { fail: false });
    await scene.timeline.until('acknowledged intercepted/good');
    expect(scene.timeline.of('intercepted/good')).toEqual(['before', 'ran', 'value done', 'after', 'acknowledged']);
  });

  it('surrounds a handler that fails', async () => {
    await scene.publish('intercepted/bad', { fail: true });
    await expectFailure('intercepted/bad', 'on purpose');
    expect(scene.timeline.of('intercepted/bad')).toEqual(['before', 'ran', 'after', 'failed', 'held']);
  });

  it('can put another error in the place of the handler’s', async () => {
    await scene.publish('renamed/1');
    await expectFailure('renamed/1', 'renamed: first name');
  });

  it('can make a success of a failure', async () => {
    await scene.publish('forgiven/1');
    await scene.timeline.until('acknowledged forgiven/1');
    expect(scene.failure('forgiven/1')).toBeUndefined();
  });

  it('can answer in the place of the handler, even with an empty stream', async () => {
    await scene.publish('skipped/1');
    await scene.timeline.until('acknowledged skipped/1');
    expect(scene.timeline.of('skipped/1')).toEqual(['acknowledged']);
  });
});

describe('An exception filter', () => {
  it('that swallows the error with an empty stream makes the message count as handled', async () => {
    await scene.publish('swallowed/1');
    await scene.timeline.until('acknowledged swallowed/1');
    expect(scene.timeline.of('swallowed/1')).toEqual(['swallowed "swallow me"', 'acknowledged']);
  });

  it('that returns nothing has swallowed nothing: Nest asks the base filter then', async () => {
    await scene.publish('swallowed-by-nothing/1');
    await expectFailure('swallowed-by-nothing/1', 'Internal server error');
  });

  it('that throws itself fails the message', async () => {
    await scene.publish('broken-filter/1');
    await expectFailure('broken-filter/1', 'the filter itself is broken');
  });

  it('catches its own kind of error and leaves the rest to the base filter', async () => {
    await scene.publish('filtered/type', { type: true });
    await scene.publish('filtered/other', { type: false });
    await expectFailure('filtered/type', 'a type error: of mine');
    await expectFailure('filtered/other', 'another');
  });

  it('of Nest itself fails the message, and keeps an unknown error’s words to the log', async () => {
    await scene.publish('unfiltered/1');
    await expectFailure('unfiltered/1', 'Internal server error');
  });

  it('and a guard work for a plain pattern as well', async () => {
    await scene.publish('plain/1', { friend: true });
    await scene.timeline.until('acknowledged plain/1');
    expect(scene.timeline.of('plain/1')).toEqual([
      'guard of rpc PipelineController.plain',
      'ran',
      'swallowed "after the guard"',
      'acknowledged',
    ]);
  });
});
