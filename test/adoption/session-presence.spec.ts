import { describe, expect, it } from '@jest/globals';
import { decodePresence, type Presence } from '../../lib/adoption/presence-message.js';
import { SessionPresence } from '../../lib/adoption/session-presence.js';
import type { OutboundPublish, Will } from '../../lib/session/wire.js';
import { FILTER, GROUP, PREFIX } from './presences.js';

const clientId = 'w1:workers:0';

function session(incarnation = 'this process'): SessionPresence {
  return new SessionPresence({ prefix: PREFIX, group: GROUP, clientId, incarnation, filters: [FILTER] });
}

function read({ topic, payload }: OutboundPublish | Will): Presence {
  const presence = decodePresence(PREFIX, GROUP, topic, Buffer.from(payload));
  if (presence === undefined) throw new Error(`not a presence: ${String(payload)}`);
  return presence;
}

describe('What a process says of a session', () => {
  it('has the number of the connection, by which the will of an old one is known', () => {
    const own = session();
    expect(read(own.nextWill())).toMatchObject({ state: 'gone', connection: 1 });
    expect(read(own.message('alive'))).toMatchObject({ state: 'alive', connection: 1 });
    expect(read(own.nextWill())).toMatchObject({ state: 'gone', connection: 2 });
    expect(read(own.message('alive'))).toMatchObject({ state: 'alive', connection: 2 });
  });

  it('is retained and sent at QoS 1, and so is the will', () => {
    const own = session();
    for (const message of [own.nextWill(), own.message('alive'), own.message('adopting'), own.cleared]) {
      expect(message).toMatchObject({ topic: 'presence/workers/w1:workers:0', qos: 1, retain: true });
    }
  });

  it('ends with an empty message, which removes what was retained', () => {
    expect(session().cleared.payload).toBe('');
  });

  it('is current only as `alive` of this process on this connection', () => {
    const own = session();
    own.nextWill();
    const earlier = read(own.message('alive'));
    own.nextWill();
    const alive = read(own.message('alive'));
    expect(own.isCurrent(alive)).toBe(true);
    expect(own.isCurrent(earlier)).toBe(false);
    expect(own.isCurrent({ ...alive, state: 'gone' })).toBe(false);
    expect(own.isCurrent({ ...alive, state: 'adopting' })).toBe(false);
    expect(own.isCurrent({ ...alive, incarnation: 'another process' })).toBe(false);
  });

  it('tells that nobody has been at the session since it was known to be subscribed', () => {
    const own = session();
    const will = read(own.nextWill());
    expect(own.isUntouched(will)).toBe(false);
    own.isSubscribed();
    expect(own.isUntouched(will)).toBe(true);
    expect(own.isUntouched(read(own.message('alive')))).toBe(true);
    expect(own.isUntouched({ ...will, incarnation: 'an adopter', state: 'adopting' })).toBe(false);
    expect(own.isUntouched(undefined)).toBe(false);
  });

  it('does not tell so by the will of a connection that ended before that was known', () => {
    const own = session();
    own.nextWill();
    own.isSubscribed();
    expect(own.isUntouched(read(own.nextWill()))).toBe(false);
  });
});
