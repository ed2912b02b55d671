import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { dispatch } from './dispatch.js';
import { overhead } from './overhead.js';
import { poison } from './poison.js';
import { publishing } from './publishing.js';
import { describeBroker } from './support/broker.js';
import { type Check, passed } from './support/check.js';
import { CONCURRENCY, IN_FLIGHT, REDELIVER_AFTER, WAIT } from './support/settings.js';
import { UNDER_WAY } from './support/publishing.js';
import { waiting } from './waiting.js';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const { messages, dispatches, rounds } = values.quick
  ? { messages: 30_000, dispatches: 100_000, rounds: 1 }
  : { messages: 100_000, dispatches: 200_000, rounds: 5 };

console.log(`npm run bench${values.quick ? ' -- --quick' : ''}
${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${platform()} ${arch()}, Node ${process.version}
${await describeBroker()}`);

console.log(`\n1. Overhead: ${messages} queued QoS 1 messages, empty handler, median of ${rounds} (least–most)
   ServerMQTTShared: defaults, concurrency ${CONCURRENCY}; every subject: ${IN_FLIGHT} in flight\n`);
const checks: Check[] = await overhead(messages, rounds);

console.log(`\n2. Routing: ${dispatches} messages, median of ${rounds}\n`);
checks.push(...(await dispatch(dispatches, rounds)));

console.log(`\n3. Waiting: handlers of ${WAIT} ms, concurrency ${CONCURRENCY}, median of ${rounds}\n`);
checks.push(...(await waiting(rounds)));

console.log(`\n4. Poison: 10,000 such messages beside one that always fails, and that makes its connection be renewed each
   ${REDELIVER_AFTER} ms, median of ${rounds}\n`);
checks.push(...(await poison(rounds)));

console.log(`\n5. Publishing: ${messages} QoS 1 messages, ${UNDER_WAY} under way, median of ${rounds} (least–most)\n`);
checks.push(...(await publishing(messages, rounds)));

console.log();
for (const check of checks) {
  const { what, value, most } = check;
  console.log(`${passed(check) ? 'PASS' : 'FAIL'}  ${what}: ${value.toFixed(2)}, at most ${most}`);
}
if (!checks.every(passed)) process.exitCode = 1;
