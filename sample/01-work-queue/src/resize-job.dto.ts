export interface ResizeJob {
  readonly id: number;
  readonly image: string;
  /** How long it takes. */
  readonly milliseconds: number;
}
