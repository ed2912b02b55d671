import { filter, firstValueFrom, Subject } from 'rxjs';
import type { Transfer } from './transfer.dto.js';

const ACCOUNTS = ['anna', 'bert', 'cleo'] as const;

/** The accounts, and what became of the messages: the effect that must happen once, for all to see. */
export class Ledger {
  private readonly balances = new Map<string, number>(ACCOUNTS.map((account) => [account, 100]));
  private readonly progress = new Subject<number>();
  private isLocked = true;
  private moves = 0;
  private skips = 0;

  /** Bert's account is in use the first time that somebody wants something of it. */
  move({ from, to, amount }: Transfer): void {
    if (from === 'bert' && this.isLocked) {
      this.isLocked = false;
      throw new Error('the account is locked');
    }
    this.balances.set(from, this.balanceOf(from) - amount);
    this.balances.set(to, this.balanceOf(to) + amount);
    this.moves += 1;
    this.progress.next(this.moves + this.skips);
  }

  skipped(): void {
    this.skips += 1;
    this.progress.next(this.moves + this.skips);
  }

  /** Resolves when that many messages have either moved money or been skipped. */
  async whenDone(messages: number): Promise<void> {
    if (this.moves + this.skips >= messages) return;
    await firstValueFrom(this.progress.pipe(filter((done) => done >= messages)));
  }

  print(sent: number): void {
    console.log(`Sent ${sent} times, moved ${this.moves} times, skipped ${this.skips} times.`);
    console.log(ACCOUNTS.map((account) => `${account} ${this.balanceOf(account)}`).join(', '));
  }

  private balanceOf(account: string): number {
    return this.balances.get(account) ?? 0;
  }
}
