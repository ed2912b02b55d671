/** What worker and publisher tell the launcher. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'published'; readonly id: number }
  | { readonly type: 'handled'; readonly id: number }
  | ({ readonly type: 'figures' } & Figures);

export interface Figures {
  readonly received: number;
  readonly running: number;
  readonly acknowledged: number;
}

/** The only thing that the launcher tells them: finish, and end. */
export const STOP = 'stop';
