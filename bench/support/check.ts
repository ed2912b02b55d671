/** A figure that the project promises. */
export interface Check {
  readonly what: string;
  readonly value: number;
  readonly most: number;
}

export function limit(what: string, value: number, most: number): Check {
  return { what, value, most };
}

/** What is no number was not measured. */
export function passed({ value, most }: Check): boolean {
  return value <= most;
}
