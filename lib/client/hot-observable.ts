import { Observable, type Subscriber } from 'rxjs';

/** The outcome of something that has been begun. RxJS's `AsyncSubject` does the same at several times the cost. */
class Outcome<T> {
  private settled = false;
  private error: Error | undefined;
  private subscribed = false;
  private waiting: Subscriber<T>[] | undefined;

  constructor(private readonly unobserved: (error: Error) => void) {}

  subscribe(subscriber: Subscriber<T>): void {
    this.subscribed = true;
    if (this.settled) this.tell(subscriber);
    else if (this.waiting === undefined) this.waiting = [subscriber];
    else this.waiting.push(subscriber);
  }

  settle(error: Error | undefined): void {
    this.settled = true;
    this.error = error;
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) for (const subscriber of waiting) this.tell(subscriber);
    if (error === undefined) return;
    // After this turn: who calls `emit` can subscribe only when it has returned.
    queueMicrotask(() => {
      if (!this.subscribed) this.unobserved(error);
    });
  }

  private tell(subscriber: Subscriber<T>): void {
    if (this.error !== undefined) {
      subscriber.error(this.error);
      return;
    }
    subscriber.next(undefined as T);
    subscriber.complete();
  }
}

/**
 * The outcome of something that has been begun, for everyone who subscribes, however late: one `undefined` and the end,
 * or the error. An error that nobody has subscribed for goes to `unobserved`, so that it is not lost in silence.
 */
export function hotObservable<T>(
  begin: (done: (error?: Error) => void) => void,
  unobserved: (error: Error) => void,
): Observable<T> {
  const outcome = new Outcome<T>(unobserved);
  begin((error) => outcome.settle(error));
  return new Observable((subscriber) => outcome.subscribe(subscriber));
}
