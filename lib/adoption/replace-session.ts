import type { Wire, WireListener, Will } from '../session/wire.js';

type Open = (listener: WireListener, signal: AbortSignal, options: { clean: boolean; will?: Will }) => Promise<Wire>;

/**
 * Connects with a clean session, which ends the one that was there [MQTT-3.1.2-4] and ends with its connection.
 *
 * What comes on it is not its to handle, and goes back to the broker, unacknowledged, with its end: for up to a second
 * HiveMQ takes a client for the member that it was before. The broker's answers come behind that, so it is read.
 */
export async function replaceSession(open: Open, signal: AbortSignal): Promise<Wire> {
  const wire = await open({ publish: () => true, released: () => {}, closed: () => {} }, signal, { clean: true });
  wire.resume();
  return wire;
}
