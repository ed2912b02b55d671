function deviceOf(index: number): string {
  return `sites/${index % 100}/devices/${index}`;
}

/** Exact filters, `+` and `#` in equal shares; no two overlap. */
export function filterOf(index: number): string {
  return `${deviceOf(index)}/${['jobs/resize', '+/resize', '#'][index % 3]}`;
}

export function topicOf(index: number): string {
  return `${deviceOf(index)}/jobs/resize`;
}

/** For the first `patterns` filters alike. Each is a new string, as it is when it comes off the wire. */
export function newTopics(count: number, patterns: number): string[] {
  return Array.from({ length: count }, () => Buffer.from(topicOf(Math.floor(Math.random() * patterns))).toString());
}
