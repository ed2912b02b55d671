import { beforeEach, describe, expect, test } from '@jest/globals';
import type { SharedMember } from '../../lib/testing/shared-group.js';
import { SharedQueue } from '../../lib/testing/shared-queue.js';

interface Member extends SharedMember {
  readonly name: string;
  connected: boolean;
  holds: string[];
}

describe('The shared queue', () => {
  let queue: SharedQueue<Member, string>;
  let lost: string[];

  function member(name: string, capacity = 100): Member {
    const holds: string[] = [];
    return {
      name,
      connected: true,
      capacity,
      holds,
      queued: 0,
      get hasRoom() {
        return this.holds.length < capacity;
      },
      get idle() {
        return this.holds.length === 0;
      },
    };
  }

  function make({ batch, outlivesMembers = false }: { batch?: number; outlivesMembers?: boolean } = {}): void {
    lost = [];
    queue = new SharedQueue<Member, string>(
      {
        give: (taker, message) => {
          taker.holds.push(message);
          queue.changed(taker);
        },
        lose: (message, why) => lost.push(`${message} ${why}`),
      },
      { batch, outlivesMembers, leavesToOwner: false, maxQueuedMessages: 5 },
    );
  }

  const offer = (...messages: string[]): void => messages.forEach((message) => queue.offer(message));

  function acknowledge(taker: Member, count = 1): void {
    for (let i = 0; i < count; i++) {
      taker.holds.shift();
      queue.finished();
      queue.changed(taker);
    }
  }

  function crash(owner: Member): void {
    owner.connected = false;
    queue.changed(owner);
    for (const message of owner.holds.splice(0)) {
      queue.inherit(message, 'offline');
      queue.finished();
    }
  }

  describe('one by one', () => {
    let a: Member, b: Member;
    beforeEach(() => {
      make();
      [a, b] = [member('a', 2), member('b', 1)];
      queue.join(a);
      queue.join(b);
    });

    test('goes around, past members without room, and keeps what nobody has room for', () => {
      offer('1', '2', '3', '4');
      expect([a.holds, b.holds]).toEqual([['1', '3'], ['2']]);
      acknowledge(b);
      expect([a.holds, b.holds]).toEqual([['1', '3'], ['4']]);
    });

    test('gives a member that comes all that it has room for', () => {
      for (const each of [a, b]) crash(each);
      offer('1', '2', '3');
      a.connected = true;
      queue.changed(a);
      expect(a.holds).toEqual(['1', '2']);
    });

    test('gives back before what is new, in its order', () => {
      offer('1', '2', '3', '4');
      crash(a);
      const taken = [1, 2, 3, 4].map(() => {
        const [first] = b.holds;
        acknowledge(b);
        return first;
      });
      expect(taken).toEqual(['2', '1', '3', '4']);
    });

    test('drops what is too much, and what waits when its last member leaves', () => {
      for (const each of [a, b]) crash(each);
      offer('1', '2', '3', '4', '5', '6');
      expect(lost).toEqual(['6 queue-full']);
      queue.leave(a);
      queue.leave(b);
      expect(lost.slice(1)).toEqual(['1', '2', '3', '4', '5'].map((message) => `${message} session-ended`));
      expect(queue.offer('7')).toBe(false);
    });
  });

  describe('in batches', () => {
    let a: Member, b: Member;
    beforeEach(() => {
      make({ batch: 3 });
      [a, b] = [member('a'), member('b', 2)];
      queue.join(a);
      queue.join(b);
    });

    test('offers the first message of an empty queue only, and the next to whoever has acknowledged all', () => {
      offer('1', '2', '3', '4', '5');
      expect([a.holds, b.holds]).toEqual([['1'], []]);
      acknowledge(a);
      expect(a.holds).toEqual(['2', '3', '4']);
      acknowledge(a, 2);
      expect(a.holds).toEqual(['4']);
      acknowledge(a);
      expect([a.holds, b.holds]).toEqual([['5'], []]);
    });

    test('offers the first message again when everything was acknowledged', () => {
      offer('1');
      acknowledge(a);
      offer('2');
      expect(b.holds).toEqual(['2']);
    });

    test('offers nothing while a member holds something', () => {
      offer('1', '2');
      expect(b.holds).toEqual([]);
      acknowledge(a);
      offer('3');
      expect([a.holds, b.holds]).toEqual([['2'], []]);
    });

    test('keeps a batch within the window of its member', () => {
      for (const each of [a, b]) crash(each);
      offer('1', '2', '3');
      b.connected = true;
      queue.changed(b);
      expect(b.holds).toEqual(['1', '2']);
    });

    test('offers what waits to nobody when the member that held something has left, until one subscribes again', () => {
      offer('1', '2');
      queue.leave(a);
      acknowledge(a);
      offer('3');
      expect(b.holds).toEqual([]);
      queue.join(b);
      expect(b.holds).toEqual(['2', '3']);
    });

    test('keeps what waits for the next member, where it outlives its members', () => {
      make({ batch: 3, outlivesMembers: true });
      queue.join(a);
      offer('1', '2');
      queue.leave(a);
      expect([queue.offer('3'), queue.isEmpty, lost]).toEqual([false, false, []]);
      crash(a);
      queue.join(b);
      expect(b.holds).toEqual(['1', '2']);
      acknowledge(b, 2);
      expect(queue.isEmpty).toBe(true);
    });

    test('offers what is given back', () => {
      offer('1', '2');
      crash(a);
      expect(b.holds).toEqual(['1', '2']);
    });
  });
});
