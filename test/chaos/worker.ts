import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout } from 'node:timers/promises';
import { type MQTTSharedEventOf, ServerMQTTShared, SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../support/controller-for.js';
import { endWithParent, optionsOf, report } from './parent.js';
import { GROUP, jobOf } from './protocol.js';
import { randomFrom } from './random.js';

const { server: serverOptions, seed } = optionsOf('worker');

/** Jobs whose number is a multiple of this fail at first, or in all attempts of one delivery, or take long. */
const FAILS_ONCE = 53;
const FAILS_ALL = 499;
const SLOW = 101;
const ATTEMPTS = 3;

const random = randomFrom(seed);
const sessions = new Map<number, string>();
const tries = new Map<number, number>();

function failuresOf(id: number): number {
  if (id % FAILS_ALL === 0) return ATTEMPTS;
  return id % FAILS_ONCE === 0 ? 1 : 0;
}

const controller = controllerFor(SharedPattern(GROUP, 'jobs/#'), async (_data, ctx) => {
  const id = jobOf(ctx.topic);
  const session = sessions.get(id) ?? '';
  await setTimeout(id % SLOW === 0 ? 700 : 2 + 25 * random());
  const tried = tries.get(id) ?? 0;
  tries.set(id, tried + 1);
  if (tried < failuresOf(id)) throw new Error(`Job ${id} fails on purpose.`);
  await report({ type: 'ran', session, id });
});

class WorkerModule {}
Module({ controllers: [controller] })(WorkerModule);

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
endWithParent();
process.once('SIGTERM', () => void app.close().then(() => process.exit()));
await app.listen();
await report({ type: 'ready' });
