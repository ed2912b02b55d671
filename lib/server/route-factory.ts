import type { Delivery } from '../delivery/delivery.js';
import type { Route } from '../delivery/handler.js';
import type { OrderBy } from '../delivery/order-by.js';
import { discard } from '../failure/discard.js';
import { failurePolicy } from '../failure/on-error-options.js';
import { redeliver } from '../failure/redeliver.js';
import type { Codec } from '../payload/codec.js';
import type { PayloadCodec } from '../payload/payload-codec.js';
import { resolveCodec } from '../payload/resolve-codec.js';
import type { NormalizePattern } from '../reply/nest-envelope.js';
import { openMessage, type OpenedMessage } from '../reply/open-message.js';
import type { OutboundPublish } from '../session/wire.js';
import { topicParams } from '../topic/topic-params.js';
import { AnswerFailures } from './answer-failures.js';
import { NestHandler } from './nest-handler.js';
import type { ProcessingHooks } from './processing-hooks.js';
import { type MQTTSharedServerOptions, wholeNumber } from './server-options.js';
import type { Subscription } from './subscription.js';

/** Makes a subscription what the delivery of its messages needs: options resolved, handlers callable. */
export class RouteFactory {
  private readonly codecs = new Map<Codec, PayloadCodec>();

  constructor(
    private readonly options: MQTTSharedServerOptions,
    private readonly hooks: ProcessingHooks,
    private readonly normalizePattern: NormalizePattern,
    private readonly publish: (message: OutboundPublish) => Promise<void>,
  ) {}

  /** @throws InvalidOptionError */
  route({ pattern, group, filter, handlers }: Subscription): Route {
    const { hooks, publish } = this;
    const options = handlers[0]?.options ?? {};
    wholeNumber('concurrency', options.concurrency, 1);
    const codec = this.codec(options.codec);
    return {
      pattern,
      group,
      filter,
      concurrency: options.concurrency,
      orderBy: orderKey(options.orderBy ?? this.options.orderBy),
      failure: failurePolicy(this.options.onError ?? {}, options.onError ?? {}, this.end(group, codec)),
      decode: (packet) => openMessage(packet, codec, this.normalizePattern),
      handlers: handlers.map((registered, index) => {
        const timeout = registered.options.timeout ?? this.options.timeout;
        wholeNumber('timeout', timeout, 1);
        return new NestHandler({ registered, timeout, codec, replies: index === 0, hooks, publish });
      }),
    };
  }

  /** For what no subscription of its connection matches. */
  unmatched(group: string | undefined): Route {
    const codec = this.codec(undefined);
    return {
      pattern: '',
      group,
      filter: { text: '', levels: [], names: [] },
      concurrency: undefined,
      orderBy: undefined,
      failure: failurePolicy(this.options.onError ?? {}, {}, this.end(group, codec)),
      decode: (packet) => openMessage(packet, codec, this.normalizePattern),
      handlers: [],
    };
  }

  private end(group: string | undefined, codec: PayloadCodec): AnswerFailures {
    return new AnswerFailures(group === undefined ? discard : redeliver, codec, this.publish);
  }

  private codec(codec: Codec = this.options.codec ?? 'auto'): PayloadCodec {
    const resolved = this.codecs.get(codec) ?? resolveCodec(codec);
    this.codecs.set(codec, resolved);
    return resolved;
  }
}

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
        return (delivery.message as OpenedMessage).data;
      },
    });
  };
}
