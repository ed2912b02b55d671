/** Milliseconds after a roll call in which others are answered with it. */
const ANSWER_TOGETHER = 200;

/** When each group is told that this worker is there. */
export class RollCallAnswers {
  private readonly due = new Map<string, NodeJS.Timeout>();

  constructor(private readonly answer: (group: string) => void) {}

  soon(group: string): void {
    if (this.due.has(group)) return;
    const timer = setTimeout(() => {
      this.due.delete(group);
      this.answer(group);
    }, ANSWER_TOGETHER);
    this.due.set(group, timer);
  }

  cancel(): void {
    for (const timer of this.due.values()) clearTimeout(timer);
    this.due.clear();
  }
}
