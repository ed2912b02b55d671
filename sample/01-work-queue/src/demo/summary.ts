/** What a run came to. */
export interface Summary {
  readonly published: number;
  readonly handled: number;
  readonly duplicates: number;
  /** Not handled by the workers that were left, and then found in the session of a dead one. */
  readonly withBroker: number;
  readonly lost: number;
  readonly workers: readonly WorkerSummary[];
}

export interface WorkerSummary {
  readonly name: string;
  /** Jobs handled before the first worker was killed. */
  readonly before: number;
  readonly after: number;
  readonly killed: boolean;
}

export function summaryLines(summary: Summary): string[] {
  const { published, handled, duplicates, withBroker, lost, workers } = summary;
  const before = sum(workers.map((worker) => worker.before));
  const after = sum(workers.map((worker) => worker.after));
  return [
    `published ${published}, handled ${handled}, duplicates ${duplicates}, still with the broker ${withBroker}, lost ${lost}`,
    ...workers.map((worker) => {
      const later = after === 0 ? '' : ` before the first kill, ${share(worker.after, after)} after it`;
      return `  ${worker.name}  ${share(worker.before, before)}${later}${worker.killed ? ', killed' : ''}`;
    }),
    ...(withBroker === 0 ? [] : withBrokerLines(withBroker)),
  ];
}

function withBrokerLines(jobs: number): string[] {
  return [
    'This broker keeps what a killed worker had until another adopts its session, for which there was no time left.',
    `The ${jobs} jobs that were not handled were found there: a worker under the old name has fetched them now.`,
  ];
}

function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : Math.round((100 * part) / whole);
  return `${String(part).padStart(4)} (${percent} %)`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
