import { type DynamicModule, Module } from '@nestjs/common';
import { IDEMPOTENCY_OPTIONS, type IdempotencyOptions, type IdempotencyStore } from 'nestjs-mqtt-shared';
import { Ledger } from './ledger.js';
import { TransfersController } from './transfers.controller.js';
import { WORKER_NAME } from './worker-name.js';

export interface WorkerSettings {
  readonly name: string;
  readonly ledger: Ledger;
  readonly store: IdempotencyStore;
}

@Module({ controllers: [TransfersController] })
export class WorkerModule {
  static of({ name, ledger, store }: WorkerSettings): DynamicModule {
    const idempotency: IdempotencyOptions = { store, window: 60_000 };
    return {
      module: WorkerModule,
      providers: [
        { provide: WORKER_NAME, useValue: name },
        { provide: Ledger, useValue: ledger },
        { provide: IDEMPOTENCY_OPTIONS, useValue: idempotency },
      ],
    };
  }
}
