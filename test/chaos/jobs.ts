/** What a job does is in its number, so that it is the same in every run. */
export type JobKind = 'plain' | 'slow' | 'fails-once' | 'fails-always' | 'hangs';

export function kindOf(id: number): JobKind {
  if (id % 499 === 0) return 'fails-always';
  if (id % 211 === 0) return 'hangs';
  if (id % 101 === 0) return 'slow';
  return id % 53 === 0 ? 'fails-once' : 'plain';
}

/** The number of a job is the last level of its topic. */
export function jobTopic(id: number, poison?: number): string {
  if (id === poison) return `jobs/poison/${id}`;
  return kindOf(id) === 'hangs' ? `jobs/hanging/${id}` : `jobs/plain/${id}`;
}

export function jobOf(topic: string): number {
  return Number(topic.slice(topic.lastIndexOf('/') + 1));
}
