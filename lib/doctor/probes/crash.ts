import { duration } from '../duration.js';
import type { Bench, SessionKind } from '../bench.js';
import type { Member } from '../member.js';
import { comesByTimer, heir, holder } from './held.js';

/** Who got what a member held unacknowledged when its connection broke. */
export interface CrashFinding {
  readonly held: number;
  /** To another member that was connected. */
  readonly toOther: number;
  /** To the member itself when it came back; 0 with a clean session, which has nothing to come back to. */
  readonly toOwner: number;
  /** Missing when the probe ended, of messages that come one by one and late. */
  readonly notYet: number;
  readonly lost: number;
  /** Milliseconds until the first one came, from the crash, or from the owner's return. */
  readonly after?: number;
  /** Whether what came again carried DUP. */
  readonly dup?: boolean;
  readonly samePacketId?: boolean;
}

const HANDED_OVER_WITHIN = 3_000;
/** Brokers that resend by a timer take this long. */
const RETURNED_WITHIN = 17_000;

export const CRASH_LIMIT = 35_000;

export async function crash(bench: Bench, session: SessionKind): Promise<CrashFinding> {
  const { member: owner, ids: held } = await holder(bench, { session });
  const other = await heir(bench, { session });
  const crashed = performance.now();
  owner.crash();
  await bench.until(() => other.amongst(held).length >= held.length, HANDED_OVER_WITHIN);
  const handedOver = new Set(other.amongst(held).map(({ id }) => id));
  const left = held.filter((id) => !handedOver.has(id));
  const returned = performance.now();
  const back = session === 'persistent' && left.length > 0 ? await comeBack(bench, owner, left) : undefined;
  const again = [...other.amongst(held), ...(back?.amongst(left) ?? [])];
  const toOwner = new Set(back?.amongst(left).map(({ id }) => id)).size;
  const [first] = again;
  const after = first && Math.round(first.at - (handedOver.size > 0 ? crashed : returned));
  const missing = left.length - toOwner;
  const notYet = toOwner > 0 && comesByTimer(after ?? 0) ? missing : 0;
  return {
    held: held.length,
    toOther: handedOver.size,
    toOwner,
    notYet,
    lost: missing - notYet,
    ...(first !== undefined && {
      after,
      dup: again.every(({ dup }) => dup),
      samePacketId: again.every(({ id, packetId }) => owner.amongst([id])[0]?.packetId === packetId),
    }),
  };
}

async function comeBack(bench: Bench, owner: Member, left: readonly string[]): Promise<Member> {
  const back = await bench.member({ session: 'persistent', clientId: owner.clientId });
  await bench.until(() => back.amongst(left).length > 0, RETURNED_WITHIN);
  await bench.until(() => back.amongst(left).length >= left.length, HANDED_OVER_WITHIN);
  return back;
}

export function tellCrash({
  held,
  toOther,
  toOwner,
  notYet,
  lost,
  after = 0,
  dup,
  samePacketId,
}: CrashFinding): string {
  const how = `${duration(after)}, ${dup ? 'DUP' : 'no DUP'}`;
  const part = (count: number): string => (count === held ? '' : `${count} of ${held} `);
  return (
    [
      toOther > 0 && `${part(toOther)}another member (${how})`,
      toOwner > 0 &&
        `${part(toOwner)}itself when it is back (${how}, ${samePacketId ? 'same' : 'new'} Packet Identifier)`,
      notYet > 0 && 'the others later',
      lost > 0 && `${part(lost)}nobody, ${lost === 1 ? 'it is' : 'they are'} lost`,
    ]
      .filter(Boolean)
      .join(', ') || 'nothing was held'
  );
}
