import type { Settlement } from '../failure/failure-policy.js';
import type { InboundPublish } from '../session/wire.js';
import type { AckSlot } from './ack-queue.js';
import type { Attempt, Failure } from './attempt.js';
import type { Place } from '../bag.js';
import type { Gate, Passenger } from './gate.js';
import type { Handler, Route } from './handler.js';

export type DeliveryState = 'waiting' | 'running' | 'backoff' | 'done';

const NO_GATES: readonly Gate[] = [];
const NO_ATTEMPTS: readonly Attempt[] = [];

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

  gates: readonly Gate[] = NO_GATES;
  passed = 0;
  cancelled = false;
  /** The key whose lane it goes through. */
  key: string | undefined;

  /** Attempts begun, those of earlier deliveries included. */
  attemptNumber: number;
  /** Handlers that have not succeeded yet. */
  handlersLeft: readonly Handler[];
  attempts: readonly Attempt[] = NO_ATTEMPTS;
  runningHandlers = 0;
  /** Runs while it waits for its next attempt. */
  retryTimer: NodeJS.Timeout | undefined;
  /** When the next attempt may begin: milliseconds on a monotonic clock. */
  retryAt = 0;
  lastFailure: Failure | undefined;
  private decoded: { readonly value: unknown } | undefined;

  constructor(
    readonly packet: InboundPublish,
    readonly route: Route,
    readonly arrivedAt: number,
    /** How often it was tried when it was delivered before. */
    readonly attemptsBefore: number,
    private readonly begin: (delivery: Delivery) => void,
  ) {
    this.attemptNumber = attemptsBefore;
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

  /** Handlers have it, or will. */
  get isUnfinished(): boolean {
    return this.settlement === undefined && !this.cancelled;
  }

  /** When it is sent again it runs again: it failed, or had not begun when its connection ended. */
  get beginsAgain(): boolean {
    return this.cancelled || this.settlement?.kind === 'hold';
  }

  isResentAs(packet: InboundPublish): boolean {
    return (
      packet.topic === this.packet.topic && packet.qos === this.packet.qos && packet.payload.equals(this.packet.payload)
    );
  }
}
