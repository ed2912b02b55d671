import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';

/** As in `support/`, with the Nest that finds the clients of the other systems. */
export async function listen(controller: Type, options: MicroserviceOptions): Promise<void> {
  @Module({ controllers: [controller] })
  class AppModule {}

  const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
    logger: ['error', 'warn'],
    ...options,
  });
  await app.listen();
}
