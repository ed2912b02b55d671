import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout } from 'node:timers/promises';
import { ServerMQTTShared, SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../controller-for.js';
import { obey, optionsOf, report } from './parent.js';

const MEMORY_LOOKS = 10;

const { server: serverOptions, qos, filter = 'jobs/#', takes } = optionsOf('worker-process');

let release = (): void => {};
const released = new Promise<void>((resolve) => (release = resolve));

let handled: string[] = [];
function note(id: string): void {
  handled.push(id);
  if (handled.length > 1) return;
  setImmediate(() => {
    report({ type: 'handled', ids: handled });
    handled = [];
  });
}

const controller = controllerFor(SharedPattern('workers', filter, { qos }), async (data) => {
  const id = String(data).split(' ', 1)[0] ?? '';
  if (takes === undefined) report({ type: 'started', id });
  if (takes === undefined) await released;
  else await setTimeout(takes);
  note(id);
});

class WorkerModule {}
Module({ controllers: [controller] })(WorkerModule);

const server = new ServerMQTTShared(serverOptions);
server.on('paused', () => report({ type: 'paused' }));
server.on('disconnected', () => report({ type: 'disconnected' }));
const app = await NestFactory.createMicroservice(WorkerModule, { strategy: server, logger: false });

const baseline = process.memoryUsage.rss();
let highest = baseline;
setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), MEMORY_LOOKS);

obey({
  release,
  memory: () => report({ type: 'memory', grown: highest - baseline }),
  close: () => void app.close().then(() => process.disconnect()),
});
await app.listen();
report({ type: 'ready' });
