import 'reflect-metadata';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SharedPattern } from '../../lib/index.js';
import { childInput, tellParent } from '../support/child.js';
import type { DrainInput } from '../support/drain.js';
import { FILTER, type Job } from '../support/job.js';
import { listen } from '../support/nest-app.js';
import type { MemoryReport } from '../support/scale.js';
import { sharedServer } from '../support/shared-server.js';

/** Five for each tenth. */
const SAMPLES = 50;

const input = childInput<DrainInput>();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const every = input.messages / SAMPLES;
const samples: MemoryReport['samples'][number][] = [];
const collections = { count: 0, total: 0, longest: 0 };
let handled = 0;
let start = 0;

new PerformanceObserver((list) => {
  for (const { duration, detail } of list.getEntries() as (PerformanceEntry & { detail: { flags: number } })[]) {
    if (detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) continue;
    collections.count++;
    collections.total += duration;
    collections.longest = Math.max(collections.longest, duration);
  }
}).observe({ entryTypes: ['gc'] });

@Controller()
class JobsController {
  @SharedPattern(FILTER)
  async resize(@Payload() _job: Job): Promise<void> {
    start ||= performance.now();
    handled++;
    if (handled % every === 0) setImmediate(sample);
  }
}

function sample(): void {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  samples.push({ heap: heapUsed + external, rss });
  if (samples.length < SAMPLES) return;
  const elapsed = performance.now() - start;
  setImmediate(() => tellParent({ samples, collections, elapsed }));
}

await listen(JobsController, { strategy: sharedServer(input) });
tellParent({ subscribed: true });
