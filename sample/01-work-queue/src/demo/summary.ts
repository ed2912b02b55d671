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

export function summaryLines({ published, handled, duplicates, withBroker, lost, workers }: Summary): string[] {
  const before = sum(workers.map((worker) => worker.before));
  const after = sum(workers.map((worker) => worker.after));
  const lines = workers.map((worker) => {
    const figures = `${share(worker.before, before)}  then ${share(worker.after, after)}`;
    return `  ${worker.name}  ${figures}${worker.killed ? '  killed' : ''}`;
  });
  return [
    `published ${published}, handled ${handled}, duplicates ${duplicates}, still with the broker ${withBroker}, lost ${lost}`,
    ...lines,
    ...(withBroker > 0
      ? ['This broker keeps what a killed worker held, and its share since then, for that worker:']
      : []),
    ...(withBroker > 0 ? [`${withBroker} jobs were still there, and were fetched under its name to make sure.`] : []),
  ];
}

function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : Math.round((100 * part) / whole);
  return `${String(part).padStart(5)} jobs (${percent} %)`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
