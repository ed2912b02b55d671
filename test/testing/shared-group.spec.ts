import { beforeEach, describe, expect, test } from '@jest/globals';

import { type Outlet, RoundRobinGroup, type SharedMember } from '../../lib/testing/shared-group.js';

interface Member extends SharedMember {
  name: string;
  connected: boolean;
  hasRoom: boolean;
  queued: number;
}

const outlet: Outlet<Member, string> = { give: () => {}, lose: () => {} };

describe('The round robin group', () => {
  let group: RoundRobinGroup<Member, string>;
  let a: Member, b: Member, c: Member;

  const member = (name: string): Member => ({
    name,
    connected: true,
    hasRoom: true,
    idle: true,
    capacity: 10,
    queued: 0,
  });

  function change(target: Member, state: Partial<Member>): void {
    Object.assign(target, state);
    group.changed(target);
  }

  const chosen = (count: number): string => Array.from({ length: count }, () => group.choose()?.name ?? '-').join('');

  beforeEach(() => {
    group = new RoundRobinGroup(outlet, { choose: 'ready first', handsOver: true });
    [a, b, c] = [member('a'), member('b'), member('c')];
    for (const each of [a, b, c]) group.join(each);
  });

  test('goes around', () => {
    expect(chosen(7)).toBe('abcabca');
  });

  test('chooses nobody when nobody is there', () => {
    for (const each of [a, b, c]) group.leave(each);
    expect(chosen(1)).toBe('-');
  });

  test('skips a full member while another has room', () => {
    change(b, { hasRoom: false });
    expect(chosen(4)).toBe('acac');
  });

  test('takes a member in again that has room again', () => {
    change(b, { hasRoom: false });
    change(b, { hasRoom: true });
    expect(chosen(3).split('').sort().join('')).toBe('abc');
  });

  test('queues at the shortest queue when all are full', () => {
    change(a, { hasRoom: false, queued: 2 });
    change(b, { hasRoom: false, queued: 1 });
    change(c, { hasRoom: false, queued: 5 });
    expect(chosen(1)).toBe('b');
    change(b, { queued: 3 });
    expect(chosen(1)).toBe('a');
    group.leave(a);
    group.leave(b);
    expect(chosen(1)).toBe('c');
  });

  test('chooses an offline member only when none is connected, however long the queues are', () => {
    change(a, { connected: false, hasRoom: false });
    change(b, { hasRoom: false, queued: 50 });
    change(c, { connected: false, hasRoom: false, queued: 1 });
    expect(chosen(2)).toBe('bb');
    group.leave(b);
    expect(chosen(2)).toBe('aa');
  });

  test('names a connected heir when a member goes offline, or none', () => {
    change(a, { connected: false, hasRoom: false });
    change(b, { connected: false, hasRoom: false });
    expect(group.heir('offline')?.name).toBe('c');
    change(c, { connected: false, hasRoom: false });
    expect(group.heir('offline')).toBeUndefined();
  });

  test('names an offline heir when a session has ended and nobody is connected', () => {
    group.leave(a);
    change(b, { connected: false, hasRoom: false });
    change(c, { connected: false, hasRoom: false });
    expect(['b', 'c']).toContain(group.heir('ended')?.name);
  });

  test('does not bring back a member that has left when something of it changes', () => {
    group.leave(a);
    change(a, { queued: 3 });
    expect(chosen(4)).toBe('bcbc');
  });
});
