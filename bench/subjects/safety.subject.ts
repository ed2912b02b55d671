import 'reflect-metadata';
import { Controller, UseInterceptors } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import Keyv from 'keyv';
import { IdempotencyInterceptor, type ServerMQTTShared, SharedPattern } from '../../lib/index.js';
import type { MQTTSharedEvent, MQTTSharedEventType } from '../../lib/observability/events.js';
import { FILTER, type Job } from '../support/job.js';
import { listen } from '../support/nest-app.js';
import type { SafetyInput } from '../support/safety.js';
import { sharedServer } from '../support/shared-server.js';
import { input, meter, subscribed } from '../support/subject.js';

/** So that there is a lane for each key, and few wait for another. */
const KEYS = 1_000;

const { safety } = input as SafetyInput;
const has = (what: typeof safety): boolean => safety === what || safety === 'all';
const idempotency = new IdempotencyInterceptor<Job>({ store: new Keyv({ throwOnErrors: true }), id: ({ id }) => id });

@Controller()
@UseInterceptors(...(has('idempotency') ? [idempotency] : []))
class JobsController {
  @SharedPattern(FILTER)
  async resize(@Payload() job: Job): Promise<void> {
    meter.end(job);
  }
}

const seen = new Map<string, number>();

/** Everything that happens to a message; what does not happen here costs nothing. */
function observe(server: ServerMQTTShared): void {
  const types: readonly MQTTSharedEventType[] = ['received', 'joined', 'started', 'failed', 'handled', 'acknowledged'];
  const count = ({ type }: MQTTSharedEvent): void => void seen.set(type, (seen.get(type) ?? 0) + 1);
  for (const type of types) server.on(type, count);
}

const strategy = sharedServer(input, has('order') ? { orderBy: ({ data }) => String((data as Job).id % KEYS) } : {});
if (has('observers')) observe(strategy);
await listen(JobsController, { strategy });
subscribed();
