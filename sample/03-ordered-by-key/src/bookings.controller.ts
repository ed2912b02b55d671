import { setTimeout } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SharedPattern, TopicParam } from 'nestjs-mqtt-shared';
import type { Booking } from './booking.dto.js';
import { JournalService } from './journal.service.js';

@Controller()
export class BookingsController {
  constructor(private readonly journal: JournalService) {}

  /** Bookings of one account are made one after another, those of different accounts at the same time. */
  @SharedPattern('bookkeepers', 'accounts/+account/bookings', { orderBy: ({ params }) => params.account ?? '' })
  async book(@TopicParam('account') account: string, @Payload() booking: Booking): Promise<void> {
    this.journal.begin(account, booking.number);
    await setTimeout(booking.milliseconds);
    this.journal.end(account, booking.number);
  }
}
