import type { Settlement } from '../failure/failure-policy.js';
import type { InboundPublish } from '../session/wire.js';
import type { AckSlot } from './ack-queue.js';
import type { Attempt } from './attempt.js';
import type { Place } from './bag.js';
import type { Gate, Passenger } from './gate.js';
import type { Handler, Route } from './handler.js';

export type DeliveryState = 'waiting' | 'running' | 'backoff' | 'done';

/** One message on its way from PUBLISH to acknowledgement, across connections if it is sent again meanwhile. */
export class Delivery implements Passenger {
  state: DeliveryState = 'waiting';
  settlement: Settlement | undefined;
  /** What the connection on which it came, or came last, is owed; `undefined` at QoS 0. */
  slot: AckSlot | undefined;
  /** Among the messages that are not settled. */
  unsettledPlace: Place<Delivery> | undefined;
  /** Among the messages with a handler running. */
  runningPlace: Place<Delivery> | undefined;

  gates: readonly Gate[] = [];
  passed = 0;
  cancelled = false;
  /** The key whose lane it goes through. */
  key: string | undefined;

  attemptNumber = 0;
  /** Handlers that have not succeeded yet. */
  handlersLeft: readonly Handler[];
  attempts: Attempt[] = [];
  runningHandlers = 0;
  retryTimer: NodeJS.Timeout | undefined;
  private decoded: { readonly value: unknown } | undefined;

  constructor(
    readonly packet: InboundPublish,
    readonly route: Route,
    readonly arrivedAt: number,
    private readonly begin: (delivery: Delivery) => void,
  ) {
    this.handlersLeft = route.handlers;
  }

  start(): void {
    this.begin(this);
  }

  /** The decoded message; throws what decoding throws. */
  get message(): unknown {
    this.decoded ??= { value: this.route.decode(this.packet) };
    return this.decoded.value;
  }

  /** The message if it has been decoded. */
  get decodedMessage(): unknown {
    return this.decoded?.value;
  }

  isResentAs(packet: InboundPublish): boolean {
    return (
      packet.topic === this.packet.topic && packet.qos === this.packet.qos && packet.payload.equals(this.packet.payload)
    );
  }
}
