import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, jest } from '@jest/globals';
import type { Observable } from 'rxjs';
import { ClientMQTTShared } from '../../lib/client/client-mqtt-shared.js';
import type { ClientMQTTSharedOptions } from '../../lib/client/client-options.js';
import { ScriptedClient } from './scripted-client.js';

/** Closed when the test is over. */
export const clients: ClientMQTTShared[] = [];
/** Warnings and errors. */
export const logged: string[] = [];

/** For each test of the file: what is logged is kept, and what was opened is closed. */
export function clientsForEachTest(): void {
  beforeEach(() => {
    logged.length = 0;
    const note = (message: unknown): void => void logged.push(String(message));
    jest.spyOn(Logger.prototype, 'error').mockImplementation(note);
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(note);
  });
  afterEach(async () => {
    jest.useRealTimers();
    for (const wire of clients.flatMap((client) => (client instanceof ScriptedClient ? client.wires : []))) wire.end();
    await Promise.all(clients.splice(0).map((client) => client.close()));
    jest.restoreAllMocks();
  });
}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function scripted(options?: ClientMQTTSharedOptions): ScriptedClient {
  const client = new ScriptedClient(options);
  clients.push(client);
  return client;
}

export async function connected(options?: ClientMQTTSharedOptions): Promise<ScriptedClient> {
  const client = scripted(options);
  await client.connect();
  return client;
}

/** What became of an Observable, noted as it happens. */
export function watch(source: { subscribe: Observable<unknown>['subscribe'] }) {
  const seen: { values: unknown[]; completed: boolean; error?: unknown; unsubscribe: () => void } = {
    values: [],
    completed: false,
    unsubscribe: () => subscription.unsubscribe(),
  };
  const subscription = source.subscribe({
    next: (value) => seen.values.push(value),
    complete: () => {
      seen.completed = true;
    },
    error: (error: unknown) => {
      seen.error = error;
    },
  });
  return seen;
}
export async function reconnected(client: ScriptedClient): Promise<void> {
  await new Promise<void>((resolve) => client.on('connect', resolve));
}

export function replyTopic(client: ScriptedClient): string {
  return client.published.find(({ properties }) => properties?.responseTopic)!.properties!.responseTopic!;
}

/** A reply to the message that was published as number `index` on the current connection. */
export function answer(client: ScriptedClient, index: number, payload: string | Buffer, kind?: string): void {
  const { properties } = client.current.sent[index]!.message;
  client.current.deliver({
    topic: properties!.responseTopic!,
    payload: Buffer.from(payload as string),
    properties: {
      correlationData: properties!.correlationData,
      ...(kind !== undefined && { userProperties: { 'nest-reply': kind } }),
    },
  });
}
