import { Inject, Injectable } from '@nestjs/common';
import { ClientProxy } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { Booking } from './booking.dto.js';

/** Publishes bookings. The key is in the topic; the publisher need not know that it is one. */
@Injectable()
export class BranchService {
  constructor(@Inject('BOOKINGS') private readonly bookings: ClientProxy) {}

  /** Resolves when the broker has taken the booking. */
  async publish(account: string, booking: Booking): Promise<void> {
    const taken = this.bookings.emit<void, Booking>(`accounts/${account}/bookings`, booking);
    await lastValueFrom(taken, { defaultValue: undefined });
  }
}
