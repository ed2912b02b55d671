import type { Wire, WireListener } from '../session/wire.js';
import { EMBEDDED_BROKER, KNOWN_BROKERS, UNKNOWN_BROKER } from './known-brokers.js';
import type { BrokerProfile } from './profile.js';
import { isEmbedded, recogniseBroker } from './recognise-broker.js';

/** Milliseconds; whoever connects next finds out what is wrong with a broker that does not answer. */
export const PATIENCE = 3_000;

/** Opens a connection of MQTT 5.0, whose CONNACK tells more than that of 3.1.1, and closes it. */
export type OpenForALook = (listener: WireListener, signal: AbortSignal) => Promise<Wire>;

/** Finds out from CONNACK which broker it is, as far as that shows. Never rejects. */
export async function identifyBroker(open: OpenForALook): Promise<BrokerProfile> {
  const opening = new AbortController();
  const timer = setTimeout(() => opening.abort(), PATIENCE);
  try {
    const listener = { publish: () => true, released: () => {}, closed: () => {} };
    const wire = await open(listener, opening.signal);
    const known = recogniseBroker(wire.announced);
    await wire.disconnect();
    if (isEmbedded(wire.announced)) return EMBEDDED_BROKER;
    return known === undefined ? UNKNOWN_BROKER : KNOWN_BROKERS[known];
  } catch {
    return UNKNOWN_BROKER;
  } finally {
    clearTimeout(timer);
  }
}
