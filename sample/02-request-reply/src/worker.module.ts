import { type DynamicModule, Module } from '@nestjs/common';
import { QuotesController } from './quotes.controller.js';
import { WORKER_NAME } from './worker-name.js';

@Module({ controllers: [QuotesController] })
export class WorkerModule {
  static named(name: string): DynamicModule {
    return { module: WorkerModule, providers: [{ provide: WORKER_NAME, useValue: name }] };
  }
}
