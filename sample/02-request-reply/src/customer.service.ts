import { Inject, Injectable } from '@nestjs/common';
import { ClientProxy } from '@nestjs/microservices';
import { firstValueFrom, lastValueFrom, tap, timeout } from 'rxjs';
import type { Offer, OffersRequest, PriceQuote, PriceRequest } from './quotes.dto.js';

/** Asks, and knows nothing of the group that answers. */
@Injectable()
export class CustomerService {
  constructor(@Inject('QUOTES') private readonly quotes: ClientProxy) {}

  /** One question, one answer, from exactly one worker. */
  async askForPrice(item: string, quantity: number): Promise<PriceQuote> {
    const answer = this.quotes.send<PriceQuote, PriceRequest>('quotes/price', { item, quantity });
    return firstValueFrom(answer.pipe(timeout(5_000)));
  }

  /** One question, several answers, one after another. */
  async askForOffers(item: string, each: (offer: Offer) => void): Promise<void> {
    const answers = this.quotes.send<Offer, OffersRequest>('quotes/offers', { item });
    await lastValueFrom(answers.pipe(timeout(5_000), tap(each)));
  }
}
