const NOTHING = Symbol('no value is held back');

/**
 * Passes a request's answers on as they come, and remembers them. One that is followed by the end in the same turn, as
 * the value of a promise is, waits for {@link flush}: the record is to be written before the answer leaves.
 */
export class Answers {
  readonly all: unknown[] = [];
  private heldBack: unknown = NOTHING;
  private ended = false;

  constructor(private readonly pass: (answer: unknown) => void) {}

  next(answer: unknown): void {
    this.flush();
    this.all.push(answer);
    this.heldBack = answer;
    process.nextTick(() => {
      if (!this.ended) this.flush();
    });
  }

  /** No answer follows; the last is passed on by {@link flush}. */
  end(): void {
    this.ended = true;
  }

  flush(): void {
    const answer = this.heldBack;
    this.heldBack = NOTHING;
    if (answer !== NOTHING) this.pass(answer);
  }
}
