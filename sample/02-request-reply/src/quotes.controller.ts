import { Controller, Inject } from '@nestjs/common';
import { Payload, RpcException } from '@nestjs/microservices';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { map, type Observable, take, timer } from 'rxjs';
import type { Offer, OffersRequest, PriceQuote, PriceRequest } from './quotes.dto.js';
import { WORKER_NAME } from './worker-name.js';

const PRICES = new Map([
  ['pencil', 2],
  ['paper', 5],
]);
const SUPPLIERS = ['north', 'east', 'south'];

@Controller()
export class QuotesController {
  constructor(@Inject(WORKER_NAME) private readonly worker: string) {}

  /**
   * What it returns is the answer, what it throws after the last attempt is the error that the requester gets. Asking
   * again would find no other price, so there is one attempt.
   */
  @SharedPattern('quotes', 'quotes/price', { onError: { attempts: 1 } })
  price(@Payload() { item, quantity }: PriceRequest): PriceQuote {
    return { total: quantity * priceOf(item), worker: this.worker };
  }

  /** Every value of an Observable is an answer of its own; the request is done when it completes. */
  @SharedPattern('quotes', 'quotes/offers')
  offers(@Payload() { item }: OffersRequest): Observable<Offer> {
    const price = priceOf(item);
    return timer(0, 100).pipe(
      take(SUPPLIERS.length),
      map((i) => ({ supplier: SUPPLIERS[i] ?? '', price: price + i, worker: this.worker })),
    );
  }
}

function priceOf(item: string): number {
  const price = PRICES.get(item);
  if (price === undefined) throw new RpcException(`Nobody sells "${item}".`);
  return price;
}
