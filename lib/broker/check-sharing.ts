import { randomBytes } from 'node:crypto';
import { within } from '../deadline.js';
import type { Wire, WireListener } from '../session/wire.js';
import { Arrivals } from './arrivals.js';

/** Who gets a message of a Shared Subscription: one member, every member, nobody; `'unknown'` where that did not show. */
export type Sharing = 'one' | 'everyone' | 'nobody' | 'unknown';

/** Opens a connection, of a clean session, whose Client Identifier ends in `part`. */
export type OpenForTheCheck = (part: string, listener: WireListener, signal: AbortSignal) => Promise<Wire>;

/** A broker of several nodes may take a moment to know of a subscription everywhere. */
const ROUNDS = 6;
const ROUND = 500;
/** Milliseconds for all of it. */
const PATIENCE = 6_000;
const FAILURE = 0x80;

/** Topics of the check's begin with it; what comes there is no job, whatever a worker's filter covers. */
export const CHECK_TOPIC = 'nestjs-mqtt-shared/sharing/';

/** A Topic Filter of the check's begins with it. */
export const CHECK_FILTER = '$share/nestjs-mqtt-shared/nestjs-mqtt-shared/sharing';

/**
 * Whether a Shared Subscription is what its SUBACK says, which proves nothing: messages are published until one comes to
 * one of two members. That an ordinary subscription gets them tells a broker that shares nothing from access rules. Never
 * rejects, and is over within 8 s.
 */
export async function checkSharing(open: OpenForTheCheck, signal: AbortSignal): Promise<Sharing> {
  const over = new AbortController();
  const wires: Wire[] = [];
  try {
    const asking = ask(open, wires, AbortSignal.any([signal, over.signal]));
    return await within(asking, PATIENCE, () => new Error('The broker did not answer.'));
  } catch {
    return 'unknown';
  } finally {
    over.abort();
    await Promise.all(wires.map((wire) => wire.disconnect()));
  }
}

async function ask(open: OpenForTheCheck, wires: Wire[], signal: AbortSignal): Promise<Sharing> {
  const arrivals = new Arrivals();
  const openOne = async (part: string): Promise<Wire> => {
    const wire = await open(part, arrivals.listener(part), signal);
    wires.push(wire);
    if (signal.aborted) wire.destroy();
    wire.resume();
    return wire;
  };
  const [first, second] = [await openOne('look'), await openOne('look-2')];

  const filter = `${CHECK_FILTER}/${randomBytes(8).toString('hex')}`;
  const topic = filter.split('/').slice(2).join('/');
  const ordinary = `${topic}/ordinary`;
  const granted = await Promise.all([
    first.subscribe([{ filter, qos: 0 }]),
    second.subscribe([{ filter, qos: 0 }]),
    second.subscribe([{ filter: ordinary, qos: 0 }]),
  ]);
  if (granted.flat().some((code) => code >= FAILURE)) return 'unknown';

  for (let round = 1; round <= ROUNDS; round++) {
    signal.throwIfAborted();
    const id = String(round);
    for (const to of [topic, ordinary]) {
      second.publish({ topic: to, payload: id, qos: 0, retain: false }, () => {});
    }
    await arrivals.until(() => arrivals.of(topic, id) > 0 && arrivals.of(ordinary, id) > 0, ROUND);
    if (arrivals.of(topic, id) > 0) {
      await Promise.all([first.ping(), second.ping()]);
      return arrivals.of(topic, id) > 1 ? 'everyone' : 'one';
    }
    if (arrivals.of(ordinary, id) === 0 && round > 1) return 'unknown';
  }
  return arrivals.of(topic) > 0 ? 'one' : 'nobody';
}
