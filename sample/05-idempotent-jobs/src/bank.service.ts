import { Inject, Injectable } from '@nestjs/common';
import { ClientProxy, MqttRecordBuilder } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { Transfer } from './transfer.dto.js';

const TRANSFERS: ReadonlyMap<string, Transfer> = new Map([
  ['transfer-1', { from: 'anna', to: 'bert', amount: 10 }],
  ['transfer-2', { from: 'anna', to: 'cleo', amount: 20 }],
  ['transfer-3', { from: 'bert', to: 'cleo', amount: 5 }],
]);
const TIMES = 3;

/** Publishes transfers, and does so again as if it had not heard that the broker has them. */
@Injectable()
export class BankService {
  constructor(@Inject('TRANSFERS') private readonly transfers: ClientProxy) {}

  /** Resolves with the number of messages when the broker has taken all. */
  async sendTransfers(): Promise<number> {
    for (let time = 1; time <= TIMES; time += 1) {
      for (const [id, transfer] of TRANSFERS) await this.send(id, transfer);
    }
    return TIMES * TRANSFERS.size;
  }

  /** The id is the transfer's, not the message's: the same each time that it is sent. */
  private async send(id: string, transfer: Transfer): Promise<void> {
    const record = new MqttRecordBuilder(transfer).setProperties({ userProperties: { 'message-id': id } }).build();
    await lastValueFrom(this.transfers.emit('transfers', record), { defaultValue: undefined });
  }
}
