import { Controller, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { MQTTSharedContext } from 'nestjs-mqtt-shared';

/** A controller with one method: this decorator on it, this function behind it. */
export function controllerFor(
  decorator: MethodDecorator,
  handle: (data: string, ctx: MQTTSharedContext) => unknown,
): Type {
  @Controller()
  class TestController {
    @decorator
    work(@Payload() data: string, @Ctx() ctx: MQTTSharedContext): unknown {
      return handle(data, ctx);
    }
  }
  return TestController;
}
