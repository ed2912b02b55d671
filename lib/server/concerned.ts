import type { MQTTSharedHandlerReport } from '../observability/start-report.js';

/** Names in a sentence; all of them are in the warning's data. */
const MOST = 8;

/** The methods, each once. */
export function methodsOf(handlers: readonly Pick<MQTTSharedHandlerReport, 'method'>[]): string[] {
  return [...new Set(handlers.map(({ method }) => method))];
}

/** As they stand in a sentence. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST).join(', ');
  return names.length > MOST ? `${shown} and ${names.length - MOST} more` : shown;
}
