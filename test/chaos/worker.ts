import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx } from '@nestjs/microservices';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { MQTTSharedContext, type MQTTSharedEventOf, ServerMQTTShared, SharedPattern } from 'nestjs-mqtt-shared';
import { jobOf, kindOf } from './jobs.js';
import { optionsOf, report } from './parent.js';
import { GROUP, POISON_TOPIC } from './protocol.js';
import { randomFrom } from './random.js';

const { server: serverOptions, seed, misbehaves, poison } = optionsOf('worker');

const ATTEMPTS = 3;
/** Milliseconds. */
const SLOW = 700;
const TIMEOUT = 1000;

const random = randomFrom(seed);
const sessions = new Map<number, string>();
const tries = new Map<number, number>();

/** How often the job has been tried in this process. */
function count(id: number): number {
  const tried = tries.get(id) ?? 0;
  tries.set(id, tried + 1);
  return tried;
}

async function ran(id: number): Promise<void> {
  await report({ type: 'ran', session: sessions.get(id) ?? '', id });
}

@Controller()
class JobsController {
  @SharedPattern(GROUP, 'jobs/plain/+')
  async work(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    const id = jobOf(ctx.topic);
    const kind = misbehaves ? kindOf(id) : 'plain';
    await setTimeout(kind === 'slow' ? SLOW : 2 + 25 * random());
    const failures = { 'fails-once': 1, 'fails-always': ATTEMPTS, plain: 0, slow: 0, hangs: 0 }[kind];
    if (failures > 0 && count(id) < failures) throw new Error(`Job ${id} fails on purpose.`);
    await ran(id);
  }

  @SharedPattern(GROUP, 'jobs/hanging/+', { timeout: TIMEOUT })
  async hang(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    const id = jobOf(ctx.topic);
    if (misbehaves && count(id) === 0) await once(ctx.signal, 'abort');
    else await ran(id);
  }

  @SharedPattern(GROUP, POISON_TOPIC, { onError: poison })
  async fail(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    const id = jobOf(ctx.topic);
    if (poison === undefined) return ran(id);
    await report({ type: 'tried', id, at: Date.now(), attempt: ctx.attempt });
    throw new Error(`Job ${id} always fails.`);
  }
}

class WorkerModule {}
Module({ controllers: [JobsController] })(WorkerModule);

const server = new ServerMQTTShared({
  ...serverOptions,
  onError: { attempts: ATTEMPTS, backoff: { initial: 20, max: 100 } },
});

let arrivals = new Map<string, number[]>();
server.on('received', ({ message }: MQTTSharedEventOf<'received'>) => {
  const id = jobOf(message.topic);
  sessions.set(id, message.connection);
  if (arrivals.size === 0) setImmediate(tellArrivals);
  const ids = arrivals.get(message.connection) ?? [];
  arrivals.set(message.connection, ids);
  ids.push(id);
});

function tellArrivals(): void {
  for (const [session, ids] of arrivals) void report({ type: 'received', session, ids });
  arrivals = new Map();
}

function note(what: string): void {
  void report({ type: 'noted', what });
}
server.on('connected', ({ connection, sessionPresent }) => note(`connected ${connection} present=${sessionPresent}`));
server.on('subscribed', ({ connection }) => note(`subscribed ${connection}`));
server.on('disconnected', ({ connection, error }) => note(`disconnected ${connection}: ${error?.message}`));
server.on('recycling', ({ connection }) => note(`recycling ${connection}`));
server.on('adopting', ({ session }) => note(`adopting ${session}`));
server.on('adopted', ({ session, outcome, handled }) => note(`adopted ${session}: ${outcome}, handled ${handled}`));
server.on('adoption-failed', ({ session, error }) => note(`adoption-failed ${session}: ${error.message}`));
server.on('drained', ({ connection, left }) => note(`drained ${connection}, left ${left}`));

const app = await NestFactory.createMicroservice(WorkerModule, { strategy: server, logger: false });
process.once('SIGTERM', () => void app.close().then(() => process.exit()));
try {
  await app.listen();
} catch (error) {
  // The broker is away: whoever started this process starts another.
  note(`did not start: ${String(error)}`);
  await app.close();
  process.exit(1);
}
await report({ type: 'ready' });
