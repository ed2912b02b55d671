import { type Bench, ids, type MemberSettings } from '../bench.js';
import type { Member } from '../member.js';
import { ProbeError } from '../probe-error.js';

const MESSAGES = 4;

/** A member that holds messages, alone in its group so that they are its own. */
export interface Holder {
  readonly member: Member;
  /** The messages that it holds: all that were published, or those that the broker hands out at once. */
  readonly ids: readonly string[];
  /** All that were published. */
  readonly published: readonly string[];
}

/** @throws ProbeError when nothing comes */
export async function holder(bench: Bench, settings: MemberSettings = {}, count = MESSAGES): Promise<Holder> {
  const member = await bench.subscriber({ ...settings, acknowledges: false });
  const published = ids(count);
  await bench.publish(published);
  await bench.until(() => member.received.length >= count, 1_500);
  if (member.received.length === 0) throw new ProbeError('no message came to the only member of a group');
  return { member, ids: [...new Set(member.ids)], published };
}

/** A second member of the group, which acknowledges; what waits for one has come to it when this resolves. */
export async function heir(bench: Bench, settings: MemberSettings = {}): Promise<Member> {
  const member = await bench.subscriber(settings);
  await bench.quiet();
  return member;
}

/** What comes this late comes by a timer, perhaps one message at a time: what is missing then is not lost. */
const BY_TIMER = 5_000;

export function comesByTimer(milliseconds: number): boolean {
  return milliseconds >= BY_TIMER;
}
