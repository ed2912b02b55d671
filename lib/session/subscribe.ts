import type { MqttClient } from 'mqtt';
import type { SubscriptionRequest } from './wire.js';

/** Filters in one SUBSCRIBE or UNSUBSCRIBE, so that no packet outgrows a broker's limit. */
const FILTERS_PER_PACKET = 100;
const UNSPECIFIED_ERROR = 0x80;

type Requests = [SubscriptionRequest, ...SubscriptionRequest[]];

/** Resolves with one Reason Code per filter, in their order. `requireOpen` is called before each packet. */
export async function sendSubscriptions(
  client: MqttClient,
  subscriptions: readonly SubscriptionRequest[],
  requireOpen: () => void,
): Promise<number[]> {
  const codes: number[] = [];
  for (const batch of filterBatches(subscriptions)) codes.push(...(await sendBatch(client, batch, requireOpen)));
  return codes;
}

/** mqtt.js writes one packet for filters that have all options in common. */
async function sendBatch(
  client: MqttClient,
  batch: readonly SubscriptionRequest[],
  requireOpen: () => void,
): Promise<number[]> {
  const packets = new Map<string, Requests>();
  for (const request of batch) {
    const options = JSON.stringify([request.qos, retainHandling(request), request.subscriptionIdentifier]);
    const packet = packets.get(options);
    if (packet === undefined) packets.set(options, [request]);
    else packet.push(request);
  }
  const granted = new Map<string, number>();
  for (const requests of packets.values()) {
    requireOpen();
    const codes = await sendPacket(client, requests);
    requests.forEach(({ filter }, i) => granted.set(filter, codes[i] ?? UNSPECIFIED_ERROR));
  }
  return batch.map(({ filter }) => granted.get(filter) ?? UNSPECIFIED_ERROR);
}

function sendPacket(client: MqttClient, requests: Requests): Promise<number[]> {
  const [{ qos, subscriptionIdentifier }] = requests;
  const options = {
    qos,
    rh: retainHandling(requests[0]),
    ...(subscriptionIdentifier !== undefined && { properties: { subscriptionIdentifier } }),
  };
  return new Promise((resolve, reject) => {
    const filters = requests.map(({ filter }) => filter);
    client.subscribe(filters, options, (error, _subscriptions, suback) => {
      if (suback !== undefined) resolve(suback.granted.map(Number));
      else reject(error ?? new Error('No SUBACK'));
    });
  });
}

/** Retained messages are not sent to a shared subscription (section 4.8.2); some brokers do unless asked not to. */
function retainHandling({ filter, retainHandling: asked }: SubscriptionRequest): 0 | 1 | 2 {
  return asked ?? (filter.startsWith('$share/') ? 2 : 0);
}

export function* filterBatches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += FILTERS_PER_PACKET) {
    yield items.slice(start, start + FILTERS_PER_PACKET);
  }
}
