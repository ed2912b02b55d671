import type { Delivery } from '../delivery/delivery.js';
import type { Route } from '../delivery/handler.js';
import type { OrderBy } from '../delivery/order-by.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import type { FailurePolicy } from '../failure/failure-policy.js';
import { failurePolicy } from '../failure/on-error-options.js';
import type { Codec } from '../payload/codec.js';
import type { PayloadCodec } from '../payload/payload-codec.js';
import { resolveCodec } from '../payload/resolve-codec.js';
import type { NormalizePattern } from '../reply/nest-envelope.js';
import { openDeserialized } from '../reply/open-deserialized.js';
import { openMessage } from '../reply/open-message.js';
import type { ReplyWriter } from '../reply/reply-stream.js';
import type { InboundPublish } from '../session/wire.js';
import { topicParams } from '../topic/topic-params.js';
import { AnswerFailures } from './answer-failures.js';
import type { FailureEndContext, FailureEnds } from './failure-ends.js';
import { NestHandler } from './nest-handler.js';
import type { ProcessingHooks } from './processing-hooks.js';
import type { ReceivedMessage } from './received-message.js';
import type { MQTTSharedServerOptions } from './server-options.js';
import type { Subscription } from './subscription.js';

/** Makes a subscription what the delivery of its messages needs: options resolved, handlers callable. */
export class RouteFactory {
  private readonly codecs = new Map<Codec, PayloadCodec>();

  constructor(
    private readonly options: MQTTSharedServerOptions,
    private readonly ends: FailureEnds,
    private readonly hooks: ProcessingHooks,
    private readonly normalizePattern: NormalizePattern,
    private readonly sendReply: ReplyWriter['send'],
    private readonly unanswerable: (why: string) => void,
  ) {}

  /**
   * For one connection, whose Client Identifier is `worker`.
   *
   * @throws InvalidOptionError, DeadLetterLoopError
   */
  route({ pattern, group, filter, handlers }: Subscription, worker: string): Route {
    const { hooks, unanswerable } = this;
    const options = handlers[0]?.options ?? {};
    const writer = this.writer(options.codec);
    return {
      pattern,
      group,
      filter,
      concurrency: options.concurrency,
      orderBy: orderKey(options.orderBy ?? this.options.orderBy),
      failure: this.failure({ group, filter, onError: options.onError ?? {}, worker }, writer),
      decode: (packet) => this.open(packet, writer.codec),
      handlers: handlers.map((registered, index) => {
        const timeout = registered.options.timeout ?? this.options.timeout;
        const replies = index === 0;
        return new NestHandler({ registered, connection: worker, timeout, writer, replies, hooks, unanswerable });
      }),
    };
  }

  /** For what no subscription of its connection matches. */
  unmatched(group: string | undefined, worker: string): Route {
    const writer = this.writer(undefined);
    return {
      pattern: '',
      group,
      filter: { text: '', levels: [], names: [] },
      concurrency: undefined,
      orderBy: undefined,
      failure: this.failure({ group, filter: undefined, onError: {}, worker }, writer),
      decode: (packet) => this.open(packet, writer.codec),
      handlers: [],
    };
  }

  private open(packet: InboundPublish, codec: PayloadCodec): ReceivedMessage {
    const { deserializer } = this.options;
    if (deserializer === undefined) return openMessage(packet, codec, this.normalizePattern);
    const message = openDeserialized(packet, codec, deserializer);
    // Who waits for it may come late: a message that `orderBy` had opened waits for its turn.
    if (message instanceof Promise) message.catch(() => {});
    return message;
  }

  private failure(context: FailureEndContext, writer: ReplyWriter): FailurePolicy {
    const policy = failurePolicy(this.options.onError ?? {}, context.onError, this.ends.choose(context));
    return new AnswerFailures(policy, writer);
  }

  private writer(codec: Codec | undefined): ReplyWriter {
    return { codec: this.codec(codec), serializer: this.options.serializer, send: this.sendReply };
  }

  private codec(codec: Codec = this.options.codec ?? 'auto'): PayloadCodec {
    const resolved = this.codecs.get(codec) ?? resolveCodec(codec);
    this.codecs.set(codec, resolved);
    return resolved;
  }
}

const NOT_READ_YET = 'it asks for `data`, which an asynchronous `deserializer` has not read yet';
const ORDER_WITHOUT_DATA = 'Order by topic, params or properties, or return no promise from `deserialize`.';

function orderKey(orderBy: OrderBy | undefined): Route['orderBy'] {
  if (orderBy === undefined) return undefined;
  if (orderBy === 'topic') return ({ packet }) => packet.topic;
  return (delivery: Delivery) => {
    const { packet, route } = delivery;
    return orderBy({
      topic: packet.topic,
      properties: packet.properties,
      get params() {
        return topicParams(route.filter, packet.topic);
      },
      get data() {
        const message = delivery.message as ReceivedMessage;
        if (message instanceof Promise) throw new InvalidOptionError('orderBy', NOT_READ_YET, ORDER_WITHOUT_DATA);
        return message.data;
      },
    });
  };
}
