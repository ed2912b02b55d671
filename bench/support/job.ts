export interface Job {
  readonly id: number;
  readonly padding: string;
}

export const TOPIC = 'jobs/resize';
export const FILTER = 'jobs/#';
export const SMALL = 100;

/** Exactly `bytes` of JSON, each with an id of its own. */
export function payloadOf(id: number, bytes = SMALL): string {
  const empty: Job = { id, padding: '' };
  const padding = 'x'.repeat(bytes - JSON.stringify(empty).length);
  return JSON.stringify({ ...empty, padding });
}
