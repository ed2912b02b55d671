import { against } from './against.js';
import { routing } from './dispatch.js';
import { groups } from './groups.js';
import { latency } from './latency.js';
import { memory } from './memory.js';
import { overhead } from './overhead.js';
import { patterns } from './patterns.js';
import { payloads } from './payloads.js';
import { poison } from './poison.js';
import { publishing } from './publishing.js';
import { requests } from './requests.js';
import { safety } from './safety.js';
import type { Part } from './support/part.js';
import { waiting } from './waiting.js';
import { workers } from './workers.js';

/** In the order in which they run. */
export const PARTS: readonly Part[] = [
  overhead,
  waiting,
  latency,
  requests,
  publishing,
  workers,
  patterns,
  routing,
  groups,
  payloads,
  memory,
  safety,
  poison,
  against,
];
