import type { Observable } from 'rxjs';
import type { Attempt } from './attempt.js';

/** To its end, or until its attempt has run out of time: nobody would stop a stream that goes on for ever. */
export function drain(stream: Observable<unknown>, next: (value: unknown) => void, attempt: Attempt): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscription = stream.subscribe({ next, error: reject, complete: resolve });
    if (attempt.handler.timeout !== undefined) attempt.whenTimedOut(() => subscription.unsubscribe());
  });
}
