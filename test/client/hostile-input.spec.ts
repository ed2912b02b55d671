import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import { ScriptedClient } from './scripted-client.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
let client: ScriptedClient;
let logged: unknown[];

async function connect(): Promise<void> {
  logged = [];
  jest.spyOn(Logger.prototype, 'error').mockImplementation((message) => void logged.push(message));
  client = new ScriptedClient({ reconnect: { initial: 1, max: 1, jitter: 0 } });
}

afterEach(async () => {
  client.current.end();
  await client.close();
  jest.restoreAllMocks();
});

describe('What anyone may publish on the topic of a client’s replies', () => {
  it.each([
    ['an id that cannot be made a string', '{"id":{"toString":1}}'],
    ['an id that is a list', '{"id":["1"]}'],
    ['no id', '{"response":1}'],
    ['no object', 'null'],
    ['nothing', ''],
  ])('does not throw where the packet is read: %s', async (_, payload) => {
    await connect();
    const answer = lastValueFrom(client.send('jobs/1', 'x'));
    await client.connect();
    await turn();
    expect(() => client.current.deliver({ topic: 'replies', payload: Buffer.from(payload) })).not.toThrow();
    const { correlationData } = client.published.at(-1)?.properties ?? {};
    client.current.deliver({ topic: 'replies', payload: Buffer.from('1'), properties: { correlationData } });
    await expect(answer).resolves.toBe(1);
  });
});

describe('A listener of a client’s events that throws', () => {
  const broken = (): never => {
    throw new Error('the listener is broken');
  };

  it('to the end of a connection does not keep the client from opening the next, and is logged', async () => {
    await connect();
    client.on('disconnect', broken);
    await client.connect();
    const again = new Promise<void>((resolve) => client.on('connect', resolve));
    expect(() => client.current.end()).not.toThrow();
    await again;
    expect(client.wires.map(({ open }) => open)).toEqual([false, true]);
    expect(logged).toContainEqual(expect.stringMatching(/'disconnect'.*the listener is broken/));
  });

  it('to its start does not end the connection', async () => {
    await connect();
    client.on('connect', broken);
    await client.connect();
    expect(client.current.open).toBe(true);
  });

  it('to its close does not make close() fail, nor keep other listeners from hearing of it', async () => {
    await connect();
    client.on('close', broken);
    const heard = new Promise<void>((resolve) => client.on('close', resolve));
    await client.connect();
    await expect(client.close()).resolves.toBeUndefined();
    await heard;
  });
});
