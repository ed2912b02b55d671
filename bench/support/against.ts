/** What a worker of another system is to do. */
export interface AgainstInput {
  readonly port: number;
  /** Of its queue. */
  readonly name: string;
  readonly messages: number;
  /** Milliseconds for which each handler waits; with 0 it does nothing. */
  readonly wait: number;
  readonly concurrency: number;
  /** `fill` puts the jobs there, `work` handles them. */
  readonly task: 'fill' | 'work';
}
