import { MqttContext } from '@nestjs/microservices';
import type { Attempt } from '../delivery/attempt.js';
import { assertFailure, IMPLEMENTATION_SPECIFIC_ERROR } from '../failure/verdicts.js';
import type { PublishProperties, QoS } from '../session/wire.js';
import type { TopicFilter } from '../topic/topic-filter.js';
import { topicParams } from '../topic/topic-params.js';

/**
 * What a handler may know of its message, and how it settles it. Inject it with `@Ctx()`.
 *
 * @publicApi
 */
export class MQTTSharedContext extends MqttContext {
  private levels: Readonly<Record<string, string>> | undefined;

  constructor(
    private readonly current: Attempt,
    private readonly namedFilter: TopicFilter,
    /** Client Identifier of the connection through which the message came. */
    readonly connection: string,
  ) {
    super([current.delivery.packet.topic, current.delivery.packet]);
  }

  /** Topic Name of the message. */
  get topic(): string {
    return this.current.delivery.packet.topic;
  }

  /** Share Name; `undefined` for a plain subscription. */
  get group(): string | undefined {
    return this.current.delivery.route.group;
  }

  /** Topic Filter that matched, without `$share` and group. */
  get filter(): string {
    return this.namedFilter.text;
  }

  /** The named levels of the filter. */
  get params(): Readonly<Record<string, string>> {
    this.levels ??= topicParams(this.namedFilter, this.topic);
    return this.levels;
  }

  /** QoS at which the broker delivered the message. */
  get qos(): QoS {
    return this.current.delivery.packet.qos;
  }

  /** MQTT 5.0 properties of the message; `undefined` on 3.1.1. */
  get properties(): PublishProperties | undefined {
    return this.current.delivery.packet.properties;
  }

  /**
   * How often this process has tried the message, this time included. It counts on over redelivery where the broker
   * sends the message again in the same session with DUP and the same Packet Identifier, and begins at 1 otherwise.
   */
  get attempt(): number {
    return this.current.number;
  }

  /**
   * Whether the broker says that it may have delivered the message before (DUP, section 3.3.1.1). `false` proves
   * nothing: ActiveMQ Artemis and HiveMQ never say so for shared subscriptions.
   */
  get redelivered(): boolean {
    return this.current.delivery.packet.dup;
  }

  /** Aborted when the handler's `timeout` has passed, and when the server closes and will not wait any longer. */
  get signal(): AbortSignal {
    return this.current.signal;
  }

  /**
   * Settles the message as handled, now. With `ack: 'manual'` this is the only way to acknowledge it. The broker is
   * told when every other handler of the message has settled too, and in its turn. `false` when it was settled before.
   */
  ack(): boolean {
    return this.current.ack();
  }

  /**
   * Settles the message as refused: it is not delivered again. On 5.0 the broker gets `reasonCode` (0x80 or above,
   * default 0x83, Implementation specific error); on 3.1.1, which has no Reason Codes here, it is acknowledged.
   * `false` when it was settled before.
   *
   * @throws InvalidReasonCodeError
   */
  reject(reasonCode: number = IMPLEMENTATION_SPECIFIC_ERROR): boolean {
    assertFailure(reasonCode);
    return this.current.reject(reasonCode);
  }

  /** The packet in the words of mqtt.js, as Nest's own `MqttContext` gives it. */
  override getPacket(): Record<string, unknown> {
    const { topic, payload, qos, dup, retain, packetId, properties } = this.current.delivery.packet;
    return { cmd: 'publish', topic, payload, qos, dup, retain, messageId: packetId, properties };
  }
}

/** For what of this library stands between the delivery and a handler. */
export function attemptOf(context: MQTTSharedContext): Attempt {
  return context['current'];
}
