import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { Scene } from '../support/scene.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { command } from './command.js';
import { actAsPlainBroker, withoutShare } from './plain-broker.js';

let scene: Scene;
let server: ScriptedServer;

beforeEach(async () => {
  scene = new Scene();
  server = await ScriptedServer.start();
  scene.onClose(() => server.stop());
});

afterEach(() => scene.close());

/** One line, however it was wrapped. */
function unwrapped(text: string): string {
  return text.replace(/\s+/g, ' ');
}

async function verdictOn(url: string): Promise<string> {
  const { exitCode, out } = await command(['doctor', url]);
  expect(exitCode).toBe(1);
  return unwrapped(out);
}

describe('The doctor says of a broker', () => {
  it('that grants `$share` as an ordinary filter, that it has no shared subscriptions', async () => {
    actAsPlainBroker(server);
    const verdict = await verdictOn(server.url);
    expect(verdict).toContain('Shared subscriptions do not work');
    expect(verdict).toContain('it grants `$share/…` as an ordinary filter');
  });

  it('that gives every member every message, that every worker would run every job', async () => {
    actAsPlainBroker(server, { filterOf: withoutShare });
    expect(await verdictOn(server.url)).toContain('gives each message to every member');
  });

  it('that grants and delivers nothing, that an ordinary subscription gets messages and a shared one none', async () => {
    actAsPlainBroker(server, { filterOf: withoutShare, delivers: (filter) => !filter.startsWith('$share') });
    expect(await verdictOn(server.url)).toContain('20 of 20 messages do not arrive on them; they do on an ordinary');
  });

  it('that delivers nothing at all, that the user may be forbidden to publish there', async () => {
    actAsPlainBroker(server, { delivers: () => false });
    expect(await verdictOn(server.url)).toContain('access rules may forbid to publish');
  });

  it('that refuses shared subscriptions, with which Reason Code', async () => {
    const broker = await scene.embeddedBroker({ sharedSubscriptions: false });
    const verdict = await verdictOn(broker.url);
    expect(verdict).toContain(
      'refuses shared subscriptions: no, refused with 0x9e (Shared Subscriptions not supported)',
    );
    expect(verdict).toContain('MQTT 3.1.1: The broker refuses shared subscriptions: no, refused with 0x80');
  });

  it('that ends the connection on SUBSCRIBE, that it does', async () => {
    server.script = (connection) => {
      connection.onPacket = ({ cmd }) => cmd === 'subscribe' && connection.destroy();
      connection.accept();
    };
    expect(await verdictOn(server.url)).toContain('ends the connection that asks for a shared subscription');
  });

  it('that hangs after CONNECT, that it does not answer', async () => {
    server.script = () => {};
    const verdict = await verdictOn(server.url);
    expect(verdict).toContain('could not be reached');
    expect(verdict).toContain('connack timeout');
  });

  it('that hangs after SUBSCRIBE, that SUBACK does not come', async () => {
    const verdict = await verdictOn(server.url);
    expect(verdict).toContain('could not be found out: SUBACK did not come within 5 s');
  });

  it('that closes every connection, that none came about', async () => {
    server.script = (connection) => connection.destroy();
    expect(await verdictOn(server.url)).toContain('closed before CONNACK');
  });

  it('that is not there, that it is not', async () => {
    const { url } = server;
    await server.stop();
    server = await ScriptedServer.start();
    const verdict = await verdictOn(url);
    expect(verdict).toContain('could not be reached');
    expect(verdict).toContain('Is the broker running, and is the port right?');
  });

  it('that lets nobody in without a password, that the password is wrong, and never the password', async () => {
    const seen: (string | undefined)[] = [];
    const broker: EmbeddedBroker = await scene.embeddedBroker({
      authenticate: ({ password }) => {
        seen.push(password?.toString());
        return false;
      },
    });
    const { exitCode, out, err } = await command(['doctor', broker.url, '--username', 'jobs'], {
      env: { MQTT_PASSWORD: 'hunter2' },
    });
    expect(exitCode).toBe(1);
    expect(new Set(seen)).toEqual(new Set(['hunter2']));
    expect(unwrapped(out)).toContain('Check `username` and `password`');
    expect(out + err).not.toContain('hunter2');
  });
});
