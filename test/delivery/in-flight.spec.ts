import { describe, expect, it } from '@jest/globals';
import { Delivery } from '../../lib/delivery/delivery.js';
import { InFlight } from '../../lib/delivery/in-flight.js';
import { ACKNOWLEDGE, HOLD } from '../../lib/failure/failure-policy.js';
import { publish, route } from './routes.js';

const ROUTE = route('jobs/#', []);

function deliveryOf(packetId: number): Delivery {
  return new Delivery(publish(`m${packetId}`, packetId), ROUTE, 0, 0, () => {});
}

/** The connections bring a message each, under Packet Identifiers of their own. */
function connectionsOf(inFlight: InFlight, deliveries: readonly Delivery[]): void {
  for (const delivery of deliveries) {
    inFlight.add(delivery.packet.packetId, delivery);
    inFlight.endConnection(() => true);
  }
}

function carried(inFlight: InFlight, deliveries: readonly Delivery[]): Delivery[] {
  return deliveries.filter(({ packet }) => inFlight.takeCarried({ ...packet, dup: true }) !== undefined);
}

describe('What earlier connections of a session have left', () => {
  it.each([
    ['failed and was left to the broker', HOLD],
    ['is done and could not be acknowledged', ACKNOWLEDGE],
  ])('is remembered up to the limit, the newest, where it %s', (_, settlement) => {
    const inFlight = new InFlight(3);
    const deliveries = [1, 2, 3, 4, 5].map(deliveryOf);
    for (const delivery of deliveries) delivery.settlement = settlement;
    connectionsOf(inFlight, deliveries);
    expect(carried(inFlight, deliveries)).toEqual(deliveries.slice(2));
  });

  it('is remembered whatever the limit where it still runs', () => {
    const inFlight = new InFlight(1);
    const deliveries = [1, 2, 3].map(deliveryOf);
    const [, finished] = deliveries;
    if (finished !== undefined) finished.settlement = HOLD;
    connectionsOf(inFlight, deliveries);
    expect(carried(inFlight, deliveries)).toEqual(deliveries.filter((each) => each !== finished));
  });
});
