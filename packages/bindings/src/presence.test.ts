import { describe, expect, it, vi } from 'vitest';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { colorOf } from './color.ts';
import { createPresence, type Person } from './presence.ts';

interface State {
  user?: { name: string; id?: string };
  at?: { x: number; y: number };
}

function awareness(): Awareness {
  const made = new Awareness(new Y.Doc());
  clearInterval((made as unknown as { _checkInterval: number })._checkInterval);
  return made;
}

/** Brings what one says to another, as a server does. */
function tell(from: Awareness, to: Awareness): void {
  applyAwarenessUpdate(to, encodeAwarenessUpdate(from, [from.clientID]), 'server');
}

describe('presence', () => {
  it('shows the others, with user id and colour, and not oneself', () => {
    const [a, b] = [awareness(), awareness()];
    const mine = createPresence<State>(a);
    mine.set({ user: { name: 'Ada' } });
    const theirs = createPresence<State>(b);
    theirs.set({ user: { name: 'Bob', id: 'bob' }, at: { x: 1, y: 2 } });
    tell(b, a);
    expect(mine.others).toEqual([
      {
        clientId: b.clientID,
        userId: 'bob',
        color: colorOf('bob'),
        state: { user: { name: 'Bob', id: 'bob' }, at: { x: 1, y: 2 } },
      },
    ]);
    tell(a, b);
    expect(theirs.others[0]).toMatchObject({ userId: '', color: colorOf(a.clientID) });
  });

  it('keeps what did not change', () => {
    const [a, b, c] = [awareness(), awareness(), awareness()];
    const mine = createPresence<State>(a);
    const theirs = createPresence<State>(b);
    theirs.set({ user: { name: 'Bob' }, at: { x: 1, y: 2 } });
    createPresence<State>(c).set({ user: { name: 'Cy' } });
    tell(b, a);
    tell(c, a);
    const [bob, cy] = mine.others as [Person<State>, Person<State>];
    const listener = vi.fn();
    mine.subscribe(listener);
    // A renewal.
    b.setLocalState(b.getLocalState());
    tell(b, a);
    expect(listener).not.toHaveBeenCalled();
    expect(mine.others[0]).toBe(bob);
    theirs.update({ at: { x: 5, y: 2 } });
    tell(b, a);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(mine.others[0]).not.toBe(bob);
    expect(mine.others[0]?.state.user).toBe(bob.state.user);
    expect(mine.others[1]).toBe(cy);
    expect(mine.others).toBe(mine.others);
    expect(Object.isFrozen(mine.others[0]?.state.at)).toBe(true);
  });

  it('says who joins, changes, leaves and comes back', () => {
    const [a, b] = [awareness(), awareness()];
    const mine = createPresence<State>(a);
    const seen: string[] = [];
    for (const event of ['join', 'update', 'leave'] as const) {
      mine.on(event, ({ state }) => seen.push(`${event} ${state.user?.name}`));
    }
    const theirs = createPresence<State>(b);
    tell(b, a);
    expect(seen).toEqual([]);
    theirs.set({ user: { name: 'Bob' } });
    tell(b, a);
    theirs.update({ at: { x: 1, y: 1 } });
    tell(b, a);
    theirs.set(null);
    tell(b, a);
    theirs.set({ user: { name: 'Bob again' } });
    tell(b, a);
    expect(seen).toEqual(['join Bob', 'update Bob', 'leave Bob', 'join Bob again']);
  });

  it('skips states that are no objects, and what a parser refuses or dies of', () => {
    const [a, b] = [awareness(), awareness()];
    const odd: unknown[] = [
      'text',
      7,
      false,
      ['list'],
      {},
      { at: 'nowhere' },
      { at: { x: 'one' } },
    ];
    const parse = (state: Readonly<Record<string, unknown>>): State | undefined => {
      const { x } = state['at'] as { x: number };
      return x.toFixed() === '' ? undefined : (state as State);
    };
    const strict = createPresence<State>(a, { parse });
    const lax = createPresence<State>(a);
    for (const state of odd) {
      b.setLocalState(state as Record<string, unknown>);
      tell(b, a);
      expect(strict.others, JSON.stringify(state)).toEqual([]);
    }
    expect(lax.others).toHaveLength(1);
    b.setLocalState(JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "user": null}'));
    tell(b, a);
    const { state, userId } = lax.others[0] as Person<Record<string, unknown>>;
    expect(Object.keys(state)).toEqual(['__proto__', 'constructor', 'user']);
    expect(userId).toBe('');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('leaves fields of other bindings alone', () => {
    const a = awareness();
    a.setLocalStateField('cursor', 5);
    const mine = createPresence<State>(a);
    expect(mine.self).toBeNull();
    mine.set({ user: { name: 'Ada' }, at: { x: 1, y: 1 } });
    a.setLocalStateField('cursor', 6);
    mine.set({ user: { name: 'Ada' } });
    expect(a.getLocalState()).toEqual({ cursor: 6, user: { name: 'Ada' } });
    expect(mine.self).toEqual({ user: { name: 'Ada' } });
    mine.update({ at: { x: 2, y: 2 } });
    mine.update({ at: undefined });
    expect(a.getLocalState()).toEqual({ cursor: 6, user: { name: 'Ada' } });
    mine.set(null);
    expect(mine.self).toBeNull();
    expect(a.getLocalState()).toEqual({ cursor: 6 });
  });

  it('sends nothing that is the same', () => {
    const a = awareness();
    const mine = createPresence<State>(a);
    mine.set({ at: { x: 1, y: 1 } });
    const self = mine.self;
    const sent = vi.fn();
    a.on('update', sent);
    mine.set({ at: { x: 1, y: 1 } });
    mine.update({});
    expect(sent).not.toHaveBeenCalled();
    expect(mine.self).toBe(self);
  });

  it('tells of oneself, once, and goes on when a listener throws', () => {
    const a = awareness();
    const mine = createPresence<State>(a);
    const report = vi.spyOn(console, 'error').mockImplementation(() => {});
    const listener = vi.fn();
    mine.subscribe(() => {
      throw new Error('of a listener');
    });
    mine.subscribe(listener);
    mine.update({ at: { x: 1, y: 1 } });
    expect(listener).toHaveBeenCalledTimes(1);
    expect(report).toHaveBeenCalledTimes(1);
    report.mockRestore();
  });

  it('is gone for the others when it is closed', () => {
    const [a, b] = [awareness(), awareness()];
    const mine = createPresence<State>(a);
    mine.set({ at: { x: 1, y: 1 } });
    const theirs = createPresence<State>(b);
    tell(a, b);
    expect(theirs.others).toHaveLength(1);
    mine.close();
    mine.close();
    mine.set({ at: { x: 2, y: 1 } });
    tell(a, b);
    expect(theirs.others).toEqual([]);
  });
});
