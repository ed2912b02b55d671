export interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}
