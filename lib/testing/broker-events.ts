import type { Message } from './message.js';
import type { ProtocolVersion, QoS } from './packets.js';

/** Why a message did not reach a client that was to have it. */
export type DropReason = 'offline' | 'queue-full' | 'receive-maximum' | 'expired' | 'too-large' | 'session-ended';

type About = Pick<Message, 'topic' | 'payload' | 'properties'>;

/**
 * What an {@link EmbeddedBroker} tells its listeners.
 *
 * @publicApi
 */
export interface BrokerEventMap {
  /** The broker took a message; `publisher` is `undefined` when it is the broker's own. */
  publish: About & { publisher: string | undefined; qos: QoS; retain: boolean };
  /** A PUBLISH was sent; `share` is the `$share/…` filter that it was chosen for; `packetId` is 0 at QoS 0. */
  deliver: About & {
    clientId: string;
    packetId: number;
    dup: boolean;
    qos: QoS;
    retain: boolean;
    share: string | undefined;
  };
  /** PUBACK (QoS 1) or PUBREC (QoS 2) of a message in flight arrived. */
  acknowledge: About & { clientId: string; packetId: number; qos: 1 | 2; reasonCode: number };
  /** A message will not reach this client; `undefined` when it waited for whichever member of a group would take it. */
  drop: About & { clientId: string | undefined; reason: DropReason; share: string | undefined };
  connect: { clientId: string; protocolVersion: ProtocolVersion; clean: boolean; sessionPresent: boolean };
  /** `reasonCode` is that of the DISCONNECT, whoever sent it; `undefined` where the connection just ended. */
  disconnect: { clientId: string; reasonCode: number | undefined };
  /** `reasonCode` is what SUBACK says: the granted QoS, or from 0x80 on a refusal. */
  subscribe: { clientId: string; filter: string; qos: QoS; reasonCode: number };
  unsubscribe: { clientId: string; filter: string; reasonCode: number };
}

export type BrokerListener<E extends keyof BrokerEventMap> = (event: BrokerEventMap[E]) => void;

/** Listeners by event; an event that nobody listens to is not even made. */
export class BrokerEvents {
  readonly #listeners = new Map<keyof BrokerEventMap, Set<(event: never) => void>>();

  on<E extends keyof BrokerEventMap>(event: E, listener: BrokerListener<E>): () => void {
    const own: BrokerListener<E> = (payload) => listener(payload); // the same function may listen twice
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(own));
    return () => void listeners.delete(own);
  }

  emit<E extends keyof BrokerEventMap>(event: E, payload: () => BrokerEventMap[E]): void {
    const listeners = this.#listeners.get(event) as Set<BrokerListener<E>> | undefined;
    if (!listeners?.size) return;
    const made = payload();
    for (const listener of listeners) {
      try {
        listener(made);
      } catch (error) {
        // a listener's mistake must be seen, but not in the middle of the broker's work
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
