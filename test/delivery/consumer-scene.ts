import { Consumer, type ConsumerOptions } from '../../lib/delivery/consumer.js';
import type { Route } from '../../lib/delivery/handler.js';
import { KeyLanes } from '../../lib/delivery/key-lanes.js';
import { EventBus } from '../../lib/observability/event-bus.js';
import type { MQTTSharedEvent } from '../../lib/observability/events.js';
import type { Acknowledgement, InboundPublish } from '../../lib/session/wire.js';
import { publish, route, trieOf } from './routes.js';
import { StubHandler } from './stub-handler.js';

const EVENTS = [
  'received',
  'joined',
  'started',
  'failed',
  'handled',
  'acknowledged',
  'held',
  'acknowledgement-dropped',
  'reply-ignored',
  'paused',
  'resumed',
] as const;

/** A {@link Consumer} and what it did to its connection. Unless a test gives routes, `jobs/#` goes to {@link handler}. */
export class ConsumerScene {
  readonly handler = new StubHandler();
  readonly lanes = new KeyLanes();
  readonly consumer: Consumer;
  readonly events: MQTTSharedEvent[] = [];
  /** `puback 1`, `pubrec 2 0x83`, in the order in which they were written. */
  readonly acknowledgements: string[] = [];
  readonly heldCounts: number[] = [];
  resumes = 0;

  constructor({ routes, ...options }: { routes?: readonly Route[] } & Partial<Omit<ConsumerOptions, 'routes'>> = {}) {
    const events = new EventBus((error) => {
      throw error;
    });
    for (const type of EVENTS) events.on(type, (event) => this.events.push(event));
    this.consumer = new Consumer(
      {
        connection: 'worker-1',
        routes: trieOf(routes ?? [route('jobs/#', [this.handler])]),
        unmatched: route('none', []),
        lanes: this.lanes,
        concurrency: 16,
        receiveMaximum: 32,
        ackOrder: 'arrival',
        maxPayload: 100,
        reasonCodes: true,
        isReply: ({ topic }) => topic.startsWith('reply/'),
        events,
        ...options,
      },
      {
        acknowledge: ({ qos, packetId, reasonCode }: Acknowledgement) => {
          const code = reasonCode === 0 ? '' : ` 0x${reasonCode.toString(16)}`;
          this.acknowledgements.push(`${qos === 1 ? 'puback' : 'pubrec'} ${packetId}${code}`);
        },
        resume: () => this.resumes++,
        held: (count) => this.heldCounts.push(count),
      },
    );
    this.consumer.attach(false);
  }

  receive(id: string, packetId: number, packet?: Partial<InboundPublish>): boolean {
    return this.consumer.receive(publish(id, packetId, packet));
  }

  reconnect({ sessionPresent = true } = {}): void {
    this.consumer.detach();
    this.consumer.attach(sessionPresent);
  }

  eventsOf<T extends MQTTSharedEvent['type']>(type: T): Extract<MQTTSharedEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<MQTTSharedEvent, { type: T }> => event.type === type);
  }
}
