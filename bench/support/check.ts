/** A figure that the project promises. */
export interface Check {
  readonly what: string;
  readonly value: number;
  readonly bound: 'at most' | 'at least';
  readonly limit: number;
}

export function atMost(limit: number, what: string, value: number): Check {
  return { what, value, bound: 'at most', limit };
}

export function atLeast(limit: number, what: string, value: number): Check {
  return { what, value, bound: 'at least', limit };
}

/** What is no number was not measured. */
export function passed({ value, bound, limit }: Check): boolean {
  return bound === 'at most' ? value <= limit : value >= limit;
}
