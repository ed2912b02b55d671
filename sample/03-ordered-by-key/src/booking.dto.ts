export interface Booking {
  readonly number: number;
  /** How long it takes to make it. */
  readonly milliseconds: number;
}
