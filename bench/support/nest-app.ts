import { type LogLevel, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';

/** A Nest application of one controller, as `nest new` makes it, that does not log each start. */
export async function listen(
  controller: Type,
  options: MicroserviceOptions & { logger?: LogLevel[] | false },
): Promise<void> {
  @Module({ controllers: [controller] })
  class AppModule {}

  const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
    logger: ['error', 'warn'],
    ...options,
  });
  await app.listen();
}
