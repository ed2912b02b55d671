import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openMqttWire } from '../../lib/session/mqtt-wire.js';
import type { Wire, WireOptions } from '../../lib/session/wire.js';
import { leftOpenBy } from '../server/open-handles.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { RecordingListener } from './recording-listener.js';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.stop());

function open(signal: AbortSignal, options: Partial<WireOptions> = {}): Promise<Wire> {
  return openMqttWire(
    {
      url: server.url,
      protocolVersion: 5,
      clientId: 'worker-1',
      clean: false,
      sessionExpiryInterval: 60,
      keepalive: 60,
      connectTimeout: 600_000,
      ...options,
    },
    new RecordingListener(),
    signal,
  );
}

describe('The opening of a wire that is aborted', () => {
  it('before CONNACK rejects, ends the network connection and leaves no timer', async () => {
    const asked = new Promise<void>((resolve) => (server.script = () => resolve()));
    const left = await leftOpenBy(async () => {
      const opening = new AbortController();
      const opened = open(opening.signal);
      await asked;
      opening.abort();
      await expect(opened).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
      await server.connection.left;
      server.connection.end();
      await server.connection.closed;
    });
    expect(left).toEqual([]);
  });

  it('in the turn in which it began rejects', async () => {
    const opening = new AbortController();
    const opened = open(opening.signal);
    opening.abort();
    await expect(opened).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
  });

  it('before it began rejects, and nobody connects', async () => {
    await expect(open(AbortSignal.abort())).rejects.toThrow('aborted');
    await nextTurn();
    expect(server.connections).toEqual([]);
  });

  it('after CONNACK goes on', async () => {
    const opening = new AbortController();
    const wire = await open(opening.signal);
    opening.abort();
    wire.resume();
    await wire.ping();
    expect(wire.open).toBe(true);
    await wire.disconnect();
  });
});
