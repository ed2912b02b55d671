import type { DrainInput } from './drain.js';

export const SAFETIES = ['none', 'order', 'idempotency', 'observers', 'all'] as const;
export type Safety = (typeof SAFETIES)[number];

export interface SafetyInput extends DrainInput {
  readonly safety: Safety;
}
