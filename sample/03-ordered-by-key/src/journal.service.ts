import { Injectable } from '@nestjs/common';
import { filter, firstValueFrom, Subject } from 'rxjs';

export const ACCOUNTS = ['anna', 'bert', 'cleo'] as const;

const COLUMN = 14;

/** Prints what begins and what ends, a column for each account, and remembers the order. */
@Injectable()
export class JournalService {
  private readonly began = new Map<string, number[]>();
  private readonly running = new Set<string>();
  private readonly ended = new Subject<number>();
  private bookings = 0;
  private mostAtOnce = 0;

  begin(account: string, number: number): void {
    this.began.set(account, [...(this.began.get(account) ?? []), number]);
    this.running.add(account);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running.size);
    this.print(account, `#${number} begins`);
  }

  end(account: string, number: number): void {
    this.running.delete(account);
    this.print(account, `#${number} ends`);
    this.ended.next(++this.bookings);
  }

  async whenMade(bookings: number): Promise<void> {
    await firstValueFrom(this.ended.pipe(filter((made) => made >= bookings)));
  }

  printHeader(): void {
    console.log(
      ACCOUNTS.map((account) => account.padEnd(COLUMN))
        .join('')
        .trimEnd(),
    );
  }

  printSummary(): void {
    console.log();
    for (const [account, numbers] of this.began) console.log(`${account}: ${numbers.join(', ')}`);
    console.log(`at most ${this.mostAtOnce} accounts at once`);
  }

  private print(account: string, what: string): void {
    const column = ACCOUNTS.findIndex((name) => name === account);
    console.log(' '.repeat(column * COLUMN) + what);
  }
}
