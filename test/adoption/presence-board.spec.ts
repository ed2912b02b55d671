import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from '../support/fast-check.js';
import { PresenceBoard } from '../../lib/adoption/presence-board.js';
import type { Presence } from '../../lib/adoption/presence-message.js';
import { FILTER, GROUP, PREFIX, presence, retained } from './presences.js';

const AFTER = 10_000;
const STEP = 2_000;
const DEAD = 'dead:workers:0';
const gone = presence(DEAD, { state: 'gone' });

interface BoardOptions {
  own?: Record<string, readonly string[]>;
  stem?: string;
  after?: number;
  incarnation?: string;
}

/** A {@link PresenceBoard} and what it asked for, with the time at which it did. */
class Scene {
  readonly adoptions: { readonly session: string; readonly at: number }[] = [];
  readonly overwritten: Presence[] = [];
  readonly board: PresenceBoard;
  private readonly began = Date.now();

  constructor({
    own = { 'w1:workers:0': [FILTER] },
    stem = 'w1',
    after = AFTER,
    incarnation = 'this process',
  }: BoardOptions = {}) {
    this.board = new PresenceBoard({
      prefix: PREFIX,
      group: GROUP,
      stem,
      incarnation,
      own: new Map(Object.entries(own)),
      after,
      step: STEP,
      adopt: ({ clientId }) => this.adoptions.push({ session: clientId, at: Date.now() - this.began }),
      overwritten: (message) => this.overwritten.push(message),
    });
    this.board.begin();
  }

  hear(message: Presence): void {
    const { topic, payload } = retained(message);
    this.board.receive(topic, payload);
  }

  forget(clientId: string): void {
    this.board.receive(retained(presence(clientId)).topic, Buffer.alloc(0));
  }

  /** Sessions in the order in which it was their turn, all time being over. */
  allAdoptions(): string[] {
    jest.runAllTimers();
    return this.adoptions.map(({ session }) => session);
  }
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('The presence board', () => {
  it('has a session adopted that has been gone for the time, and not before', () => {
    const scene = new Scene();
    scene.hear(gone);
    jest.advanceTimersByTime(AFTER - 1);
    expect(scene.adoptions).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(scene.adoptions).toEqual([{ session: DEAD, at: AFTER }]);
    expect(scene.allAdoptions()).toEqual([DEAD]);
  });

  it.each(['alive', 'adopting'] as const)('leaves alone a session that is %s', (state) => {
    const scene = new Scene();
    scene.hear({ ...gone, state });
    expect(scene.allAdoptions()).toEqual([]);
  });

  it.each(['alive', 'adopting'] as const)('waits no longer for a session of which somebody says %s', (state) => {
    const scene = new Scene();
    scene.hear(gone);
    jest.advanceTimersByTime(AFTER - 1);
    scene.hear(presence(DEAD, { state, incarnation: 'another process' }));
    expect(scene.allAdoptions()).toEqual([]);
  });

  it('waits no longer, and knows nothing more, of a session that has ended', () => {
    const scene = new Scene();
    scene.hear(gone);
    scene.forget(DEAD);
    expect(scene.board.presenceOf(DEAD)).toBeUndefined();
    expect(scene.allAdoptions()).toEqual([]);
  });

  it('forgets a session whose Client Identifier has more levels than one', () => {
    const scene = new Scene();
    scene.hear(presence('host/1:workers:0', { state: 'gone' }));
    scene.forget('host/1:workers:0');
    expect(scene.allAdoptions()).toEqual([]);
  });

  it('waits anew when the session was there in between', () => {
    const scene = new Scene();
    scene.hear(gone);
    jest.advanceTimersByTime(AFTER - 1);
    scene.hear(presence(DEAD, { connection: 2 }));
    scene.hear({ ...gone, connection: 2 });
    jest.advanceTimersByTime(AFTER - 1);
    expect(scene.adoptions).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(scene.adoptions).toEqual([{ session: DEAD, at: 2 * AFTER - 1 }]);
  });

  it('takes no notice of the will of a connection that its worker has replaced', () => {
    const scene = new Scene();
    scene.hear(presence(DEAD, { connection: 2 }));
    scene.hear(gone);
    expect(scene.board.presenceOf(DEAD)).toMatchObject({ state: 'alive', connection: 2 });
    expect(scene.allAdoptions()).toEqual([]);
  });

  it('believes the will of another process, which counts its connections from one', () => {
    const scene = new Scene();
    scene.hear(presence(DEAD, { connection: 2 }));
    scene.hear({ ...gone, incarnation: 'an adopter' });
    expect(scene.allAdoptions()).toEqual([DEAD]);
  });

  it('says when something else than its own word stands on its own session, and adopts that never', () => {
    const scene = new Scene();
    const will = presence('w1:workers:0', { state: 'gone' });
    scene.hear(will);
    expect(scene.overwritten).toEqual([will]);
    expect(scene.allAdoptions()).toEqual([]);
  });

  it('says so of the will of an old connection, too: a worker that starts now is told nothing else', () => {
    const scene = new Scene();
    scene.hear(presence('w1:workers:0', { connection: 2 }));
    const will = presence('w1:workers:0', { state: 'gone', connection: 1 });
    scene.hear(will);
    expect(scene.overwritten.at(-1)).toEqual(will);
    expect(scene.board.presenceOf('w1:workers:0')).toEqual(will);
  });

  it.each([
    ['none', { 'w1:workers:0': ['$share/workers/mails/#'] }],
    ['only some', { 'w1:workers:0': [FILTER] }],
    ['none on one connection', { 'w1:workers:0': [FILTER], 'w1:workers:1': ['$share/workers/mails/#'] }],
  ])('leaves a session to others when it serves %s of its filters', (_, own) => {
    const scene = new Scene({ own });
    scene.hear({ ...gone, filters: [FILTER, '$share/workers/mails/#', '$share/workers/calls/#'] });
    expect(scene.allAdoptions()).toEqual([]);
  });

  it('knows nothing after it was reset, and waits anew for what it is told again', () => {
    const scene = new Scene();
    scene.hear(gone);
    jest.advanceTimersByTime(AFTER - 1);
    scene.board.reset();
    expect(scene.board.presenceOf(DEAD)).toBeUndefined();
    expect(jest.getTimerCount()).toBe(0);
    scene.board.begin();
    scene.hear(gone);
    jest.advanceTimersByTime(AFTER - 1);
    expect(scene.adoptions).toEqual([]);
    expect(scene.allAdoptions()).toEqual([DEAD]);
  });

  it('tries again after the time when an adoption did not come about', () => {
    const scene = new Scene();
    scene.hear(gone);
    jest.advanceTimersByTime(AFTER);
    scene.board.retry(gone);
    jest.advanceTimersByTime(AFTER);
    expect(scene.adoptions.map(({ at }) => at)).toEqual([AFTER, 2 * AFTER]);
  });

  it('does not try again what is alive by now, or over', () => {
    const scene = new Scene();
    scene.hear(gone);
    jest.advanceTimersByTime(AFTER);
    scene.hear(presence(DEAD, { connection: 2 }));
    scene.board.retry(gone);
    scene.forget(DEAD);
    scene.board.retry(gone);
    expect(scene.allAdoptions()).toEqual([DEAD]);
  });

  it('does not spin with `after: 0`, neither for what cannot be had nor for what it has handed back', () => {
    const scene = new Scene({ after: 0, incarnation: 'this process' });
    scene.hear(gone);
    jest.advanceTimersByTime(0);
    expect(scene.adoptions).toHaveLength(1);
    scene.board.retry(gone);
    jest.advanceTimersByTime(999);
    expect(scene.adoptions).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(scene.adoptions).toHaveLength(2);
    scene.hear({ ...gone, incarnation: 'this process' });
    jest.advanceTimersByTime(999);
    expect(scene.adoptions).toHaveLength(2);
    jest.advanceTimersByTime(1);
    expect(scene.adoptions).toHaveLength(3);
  });

  it('takes no notice of what no worker of its group wrote', () => {
    const scene = new Scene();
    scene.hear({ ...gone, clientId: 'stranger' });
    scene.hear({ ...gone, clientId: 'dead:others:0' });
    scene.hear({ ...gone, filters: [] });
    scene.board.receive('presence/workers/dead:workers:0', Buffer.from('gone'));
    scene.board.receive('presence', Buffer.from('gone'));
    scene.board.receive('', Buffer.alloc(0));
    expect(scene.allAdoptions()).toEqual([]);
  });
});

describe('A roll call', () => {
  /** As on a broker that ended without a word on who was gone. */
  function scene(options: BoardOptions = {}): Scene {
    const of = new Scene(options);
    of.board.reset();
    return of;
  }

  it.each(['alive', 'adopting'] as const)(
    'finds vacant what was said to be %s, and of which nothing is heard',
    (state) => {
      const { board, adoptions, hear } = bound(scene());
      hear({ ...gone, state });
      board.begin();
      expect(board.isVacant(DEAD)).toBe(true);
      jest.advanceTimersByTime(AFTER - 1);
      expect(adoptions).toEqual([]);
      jest.advanceTimersByTime(1);
      expect(adoptions).toEqual([{ session: DEAD, at: AFTER }]);
    },
  );

  it.each(['alive', 'adopting'] as const)('leaves alone whoever answers that it is %s', (state) => {
    const { board, hear, all } = bound(scene());
    hear({ ...gone, state });
    board.begin();
    jest.advanceTimersByTime(AFTER - 1);
    hear({ ...gone, state });
    expect(board.isVacant(DEAD)).toBe(false);
    expect(all()).toEqual([]);
  });

  it('gives time to answer, however short `after` is', () => {
    const { board, adoptions, hear } = bound(scene({ after: 0 }));
    hear({ ...gone, state: 'alive' });
    board.begin();
    jest.advanceTimersByTime(4_999);
    expect(adoptions).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(adoptions).toEqual([{ session: DEAD, at: 5_000 }]);
  });

  it('comes before anything is adopted: what is gone waits for it', () => {
    const { board, adoptions, hear, all } = bound(scene());
    hear(gone);
    jest.advanceTimersByTime(10 * AFTER);
    expect(adoptions).toEqual([]);
    board.begin();
    expect(all()).toEqual([DEAD]);
  });

  it('does not count those that are silent among the candidates', () => {
    const { board, adoptions, hear } = bound(scene());
    for (const name of ['a', 'b', 'c', 'd', 'e']) hear(presence(`${name}:workers:0`));
    hear(gone);
    board.begin();
    jest.advanceTimersByTime(AFTER);
    expect(adoptions.map(({ session }) => session)).toContain(DEAD);
  });

  it('never finds the own sessions vacant', () => {
    const { board, hear, all } = bound(scene());
    hear(presence('w1:workers:0'));
    board.begin();
    expect(all()).toEqual([]);
  });
});

function bound(scene: Scene) {
  return {
    board: scene.board,
    adoptions: scene.adoptions,
    hear: (message: Presence) => scene.hear(message),
    all: () => scene.allAdoptions(),
  };
}

describe('Workers that rank themselves', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const session = (name: string): string => `${name}:workers:0`;

  function workers(): Map<string, Scene> {
    return new Map(names.map((name) => [name, new Scene({ stem: name, own: { [session(name)]: [FILTER] } })]));
  }

  it('agree on a turn for each, a step apart, in whatever order they hear', () => {
    fc.assert(
      fc.property(
        fc.array(fc.shuffledSubarray([...names, 'dead'], { minLength: names.length + 1 }), {
          minLength: names.length,
          maxLength: names.length,
        }),
        (orders) => {
          const scenes = [...workers().values()];
          scenes.forEach((scene, i) => {
            for (const name of orders[i] ?? []) scene.hear(name === 'dead' ? gone : presence(session(name)));
          });
          jest.runAllTimers();
          const turns = scenes.flatMap(({ adoptions }) => adoptions.map(({ at }) => at));
          expect(turns.toSorted((a, b) => a - b)).toEqual(names.map((_, rank) => AFTER + rank * STEP));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('have other turns for other sessions, so that no worker adopts all', () => {
    const scenes = workers();
    const dead = Array.from({ length: 40 }, (_, i) => presence(`dead${i}:workers:0`, { state: 'gone' }));
    for (const scene of scenes.values()) {
      for (const name of names) scene.hear(presence(session(name)));
      for (const message of dead) scene.hear(message);
    }
    jest.advanceTimersByTime(AFTER);
    const first = [...scenes.values()].map(({ adoptions }) => adoptions.map((adoption) => adoption.session));
    expect(first.flat().toSorted()).toEqual(dead.map(({ clientId }) => clientId).toSorted());
    for (const share of first) expect(share.length).toBeGreaterThan(0);
  });

  it('leave it to the first: nobody steps in once it says that it adopts', () => {
    const scenes = workers();
    for (const scene of scenes.values()) {
      for (const name of names) scene.hear(presence(session(name)));
      scene.hear(gone);
    }
    jest.advanceTimersByTime(AFTER);
    const adopted = [...scenes].filter(([, { adoptions }]) => adoptions.length > 0);
    expect(adopted).toHaveLength(1);
    for (const scene of scenes.values()) {
      scene.hear(presence(DEAD, { state: 'adopting', incarnation: `process of ${adopted[0]?.[0]}` }));
    }
    expect([...scenes.values()].flatMap((scene) => scene.allAdoptions())).toEqual([DEAD]);
  });

  it('step in one after another where nothing is heard of those before', () => {
    const scenes = workers();
    for (const scene of scenes.values()) {
      for (const name of names) scene.hear(presence(session(name)));
      scene.hear(gone);
    }
    jest.advanceTimersByTime(AFTER + STEP);
    expect([...scenes.values()].filter(({ adoptions }) => adoptions.length > 0)).toHaveLength(2);
  });

  it('count what a worker serves on all its connections together', () => {
    const mails = '$share/workers/mails/#';
    const split = { 'w1:workers:0': [FILTER], 'w1:workers:1': [mails] };
    const scene = new Scene({ own: split });
    scene.hear({ ...gone, filters: [FILTER, mails] });
    jest.advanceTimersByTime(AFTER);
    expect(scene.adoptions).toEqual([{ session: DEAD, at: AFTER }]);
  });

  it('do not count those that serve other filters, and those that are gone themselves', () => {
    const scene = new Scene();
    for (const name of names) {
      scene.hear(presence(session(name), { filters: ['$share/workers/mails/#'] }));
      scene.hear(presence(`other-${session(name)}`, { state: 'gone', filters: ['$share/workers/mails/#'] }));
    }
    scene.hear(gone);
    jest.advanceTimersByTime(AFTER);
    expect(scene.adoptions).toEqual([{ session: DEAD, at: AFTER }]);
  });
});
