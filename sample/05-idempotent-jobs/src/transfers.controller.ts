import { Controller, Inject, UseInterceptors } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { IdempotencyInterceptor, MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { Ledger } from './ledger.js';
import type { Transfer } from './transfer.dto.js';
import { WORKER_NAME } from './worker-name.js';

@Controller()
@UseInterceptors(IdempotencyInterceptor)
export class TransfersController {
  constructor(
    @Inject(WORKER_NAME) private readonly worker: string,
    private readonly ledger: Ledger,
  ) {}

  /** Knows nothing of duplicates. A failure is no success: it is tried again. */
  @SharedPattern('bankers', 'transfers')
  transfer(@Payload() transfer: Transfer, @Ctx() { properties }: MQTTSharedContext): void {
    const id = String(properties?.userProperties?.['message-id']);
    const what = `${transfer.from} → ${transfer.to} ${transfer.amount} (${id})`;
    try {
      this.ledger.move(transfer);
    } catch (error) {
      console.log(`${what} fails: ${(error as Error).message}`);
      throw error;
    }
    console.log(`${what}, by ${this.worker}`);
  }
}
