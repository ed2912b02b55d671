import type { QoS, ServerLimits } from '../session/wire.js';
import type { MQTTSharedStartReport } from './start-report.js';

/** Which message an event is about. */
export interface MessageInfo {
  /** Client Identifier of the connection. */
  readonly connection: string;
  /** Share Name; `undefined` for a plain subscription. */
  readonly group: string | undefined;
  /** Topic Filter that matched; `undefined` when none did. */
  readonly filter: string | undefined;
  readonly topic: string;
  readonly qos: QoS;
  /** Packet Identifier; 0 at QoS 0. */
  readonly packetId: number;
}

/**
 * Everything that happens to a message or a connection, told apart by `type`.
 *
 * @publicApi
 */
export type MQTTSharedEvent =
  /** A PUBLISH arrived and was taken in. `redelivered` is its DUP flag, which not every broker sets. */
  | { readonly type: 'received'; readonly message: MessageInfo; readonly redelivered: boolean }
  /** A resend of a message that this worker has already taken in; it does not run again. */
  | { readonly type: 'joined'; readonly message: MessageInfo }
  /** A handler was called. */
  | { readonly type: 'started'; readonly message: MessageInfo; readonly handler: string; readonly attempt: number }
  /**
   * A handler was started with a duplicate of what it had handled before, and `IdempotencyInterceptor` kept it from
   * running again.
   */
  | { readonly type: 'skipped'; readonly message: MessageInfo; readonly handler: string }
  /**
   * A handler failed, or refused its message. `retryIn` is the wait in ms before it is called again, `undefined` when it
   * will not be.
   */
  | {
      readonly type: 'failed';
      readonly message: MessageInfo;
      readonly handler: string | undefined;
      readonly attempt: number;
      readonly error: unknown;
      readonly retryIn: number | undefined;
    }
  /** Every handler of the message has succeeded, `duration` ms after it arrived. */
  | { readonly type: 'handled'; readonly message: MessageInfo; readonly duration: number }
  /** The acknowledgement has been written. */
  | { readonly type: 'acknowledged'; readonly message: MessageInfo; readonly reasonCode: number }
  /** The message will not be acknowledged on this connection, so that the broker delivers it again. */
  | { readonly type: 'held'; readonly message: MessageInfo; readonly error: unknown }
  /** The message was settled after its connection had ended; its acknowledgement was not sent. */
  | { readonly type: 'acknowledgement-dropped'; readonly message: MessageInfo }
  /** A reply that came through a worker's own filter; acknowledged and ignored. */
  | { readonly type: 'reply-ignored'; readonly message: MessageInfo }
  /** Reading stopped because `unacknowledged` messages are in hand. */
  | { readonly type: 'paused'; readonly connection: string; readonly unacknowledged: number }
  | { readonly type: 'resumed'; readonly connection: string }
  | {
      readonly type: 'connected';
      readonly connection: string;
      /** Where the broker is, as it may be shown. */
      readonly address: string;
      readonly sessionPresent: boolean;
      /** Subscriptions of the session. */
      readonly filters: readonly string[];
      /** What the broker announced; `undefined` on 3.1.1, where it announces nothing. */
      readonly limits: ServerLimits | undefined;
    }
  | {
      readonly type: 'subscribed';
      readonly connection: string;
      readonly filters: readonly string[];
      /** QoS that the broker granted to each of them. */
      readonly granted: readonly QoS[];
    }
  /** `listen()` has succeeded. */
  | { readonly type: 'listening'; readonly report: MQTTSharedStartReport }
  /** The connection ended or could not be made usable; another attempt follows. */
  | {
      readonly type: 'disconnected';
      readonly connection: string;
      readonly error: Error | undefined;
      /** Milliseconds for which it was up; `undefined` when it was not. */
      readonly lived: number | undefined;
    }
  /** The connection is renewed so that the broker delivers `held` messages again. */
  | { readonly type: 'recycling'; readonly connection: string; readonly held: number }
  /**
   * `close()` has begun: `running` messages have a handler running, `waiting` wait for their turn. Also for an adopted
   * session, under its Client Identifier, where messages of it are running.
   */
  | {
      readonly type: 'draining';
      readonly connection: string;
      readonly group: string | undefined;
      readonly running: number;
      readonly waiting: number;
    }
  /** The session of a worker that is gone is being finished here; `session` is its Client Identifier. */
  | { readonly type: 'adopting'; readonly session: string; readonly group: string }
  /**
   * It is over with an adopted session. `ended`: it is no more; `left`: it holds what failed, for another try;
   * `taken-over`: its owner came back, or another adopted it.
   */
  | {
      readonly type: 'adopted';
      readonly session: string;
      readonly group: string;
      readonly outcome: 'ended' | 'left' | 'taken-over';
      readonly handled: number;
    }
  /** The session could not be adopted; there will be another try. */
  | { readonly type: 'adoption-failed'; readonly session: string; readonly group: string; readonly error: Error }
  /** `close()` is done with this connection; `left` messages stay with the broker, for others if it hands them over. */
  | {
      readonly type: 'drained';
      readonly connection: string;
      readonly group: string | undefined;
      readonly left: number;
      readonly handedOver: boolean;
    };

export type MQTTSharedEventType = MQTTSharedEvent['type'];

export type MQTTSharedEventOf<T extends MQTTSharedEventType> = Extract<MQTTSharedEvent, { type: T }>;
