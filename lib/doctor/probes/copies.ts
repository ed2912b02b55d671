import { type Bench, ids } from '../bench.js';
import type { Member } from '../member.js';

/** How many copies of each message came to one client. */
export interface CopiesFinding {
  readonly copies: number;
}

const MESSAGES = 10;

/** Copies of one message, over a few of them. */
export async function copiesOf(bench: Bench, member: Member, topic = bench.topic): Promise<CopiesFinding> {
  await bench.publish(ids(MESSAGES), { topic });
  await bench.until(() => member.received.length >= MESSAGES, 3_000);
  await bench.quiet();
  return { copies: member.received.length / MESSAGES };
}

export function tellCopies({ copies }: CopiesFinding): string {
  if (copies === 0) return 'no copy';
  return copies === 1 ? '1 copy' : `${copies} copies`;
}
