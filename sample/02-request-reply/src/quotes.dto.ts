export interface PriceRequest {
  readonly item: string;
  readonly quantity: number;
}

export interface PriceQuote {
  readonly total: number;
  readonly worker: string;
}

export interface OffersRequest {
  readonly item: string;
}

export interface Offer {
  readonly supplier: string;
  readonly price: number;
  readonly worker: string;
}
