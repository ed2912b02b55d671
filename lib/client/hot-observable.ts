import { AsyncSubject, Observable } from 'rxjs';

/**
 * The outcome of something that has been begun, for everyone who subscribes, however late: one `undefined` and the end,
 * or the error. An error that nobody has subscribed for goes to `unobserved`, so that it is not lost in silence.
 */
export function hotObservable<T>(
  begin: (done: (error?: Error) => void) => void,
  unobserved: (error: Error) => void,
): Observable<T> {
  const outcome = new AsyncSubject<T>();
  let subscribed = false;
  begin((error) => {
    if (error === undefined) {
      outcome.next(undefined as T);
      outcome.complete();
      return;
    }
    outcome.error(error);
    // After this turn: who calls `emit` can subscribe only when it has returned.
    queueMicrotask(() => {
      if (!subscribed) unobserved(error);
    });
  });
  return new Observable((subscriber) => {
    subscribed = true;
    return outcome.subscribe(subscriber);
  });
}
