export interface DispatchInput {
  readonly patterns: number;
  /** How many of the patterns get messages. */
  readonly busy: number;
  readonly messages: number;
}

export interface DispatchResult {
  /** Nanoseconds of user and system time for each message. */
  readonly cpu: number;
}
