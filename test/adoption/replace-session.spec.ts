import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { publishPresence } from '../../lib/adoption/publish-presence.js';
import { replaceSession } from '../../lib/adoption/replace-session.js';
import { openMqttWire } from '../../lib/session/mqtt-wire.js';
import { wireOptions } from '../../lib/session/wire-options.js';
import type { Wire } from '../../lib/session/wire.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { presence, retained } from './presences.js';

const clientId = 'dead:workers:0';
const GONE = { ...retained(presence(clientId, { state: 'gone' })), qos: 1, retain: true } as const;

describe.each([4, 5] as const)('A clean session in the place of another, protocol version %i,', (protocolVersion) => {
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await ScriptedServer.start();
  });
  afterEach(() => server.stop());

  const replace = (): Promise<Wire> =>
    replaceSession((listener, signal, { clean }) => {
      const options = wireOptions({ protocolVersion }, { clientId, clean, sessionExpiryInterval: 0 });
      return openMqttWire({ ...options, url: server.url }, listener, signal);
    }, new AbortController().signal);

  it('hears the broker behind messages for the member that was there, and leaves those to others', async () => {
    const wire = await replace();
    server.connection.onPacket = ({ cmd, messageId }) => {
      if (cmd !== 'publish') return;
      const job = { cmd: 'publish', topic: 'jobs/a', payload: 'job', qos: 1, dup: false, retain: false } as const;
      server.connection.send({ ...job, messageId: 1 }, { ...job, messageId: 2 }, { cmd: 'puback', messageId });
    };
    await publishPresence(wire, GONE);
    await wire.disconnect();
    const { connection } = server;
    await connection.left;

    expect(connection.packets.map(({ cmd }) => cmd)).toEqual(['connect', 'publish', 'disconnect']);
    expect(connection.of('connect')).toEqual([expect.objectContaining({ clientId, clean: true })]);
  });
});
