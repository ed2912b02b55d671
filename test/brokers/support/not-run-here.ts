const FORM = /^(?<name>.*) \[not run here, because (?<because>.*)\]$/;

/** The name under which a test that is left out stands in Jest's report. */
export function notRunHere(name: string, because: string): string {
  return `${name} [not run here, because ${because}]`;
}

/** Name and reason of a test that was left out in this form. */
export function readNotRunHere(name: string): { name: string; because: string } | undefined {
  const { name: test, because } = FORM.exec(name)?.groups ?? {};
  return test === undefined || because === undefined ? undefined : { name: test, because };
}
