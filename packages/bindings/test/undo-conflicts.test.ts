import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { createUndo, opaque, text } from '../src/index.ts';
import { type Author, authors, everywhere, sync } from './authors.ts';
import { syncAll } from './random.ts';

describe.each([2, 3])('%i people who set one field at the same time', (count) => {
  it('get the value of another one back when the winner undoes, and the winner’s when they redo', () => {
    const all = authors(count, { shape: { kind: 'rectangle', x: 0 } });
    for (const [i, { view }] of all.entries()) {
      view.update((draft) => {
        draft['shape'].x = i + 1;
      });
    }
    sync(all);
    const winner = all.at(-1) as Author;
    expect(everywhere(all)).toEqual({ shape: { kind: 'rectangle', x: count } });
    expect(winner.undo.undo()).toBe(true);
    sync(all);
    expect(everywhere(all)).toEqual({ shape: { kind: 'rectangle', x: count - 1 } });
    expect(winner.undo.redo()).toBe(true);
    sync(all);
    expect(everywhere(all)).toEqual({ shape: { kind: 'rectangle', x: count } });
    winner.undo.undo();
    sync(all);
    expect(everywhere(all)).toEqual({ shape: { kind: 'rectangle', x: count - 1 } });
  });
});

describe('an undo after a conflict', () => {
  it('does nothing for the one who lost', () => {
    const all = authors(2, { shape: { x: 0 } });
    const [loser, winner] = all as [Author, Author];
    loser.view.set('shape', { x: 1 });
    winner.view.set('shape', { x: 2 });
    sync(all);
    expect(loser.undo.undo()).toBe(false);
    sync(all);
    expect(everywhere(all)).toEqual({ shape: { x: 2 } });
  });

  it('goes back step by step, to what another one wrote at the same time as the first of them', () => {
    const all = authors(2, { x: 0 });
    const [other, winner] = all as [Author, Author];
    for (const x of [2, 3, 4]) winner.view.set('x', x);
    other.view.set('x', 1);
    sync(all);
    const seen = [4, 3, 2, 1].map((x) => {
      expect(everywhere(all)).toEqual({ x });
      winner.undo.undo();
      sync(all);
      return x;
    });
    expect(everywhere(all)).toEqual({ x: 1 });
    for (const x of seen.toReversed().slice(1)) {
      winner.undo.redo();
      expect(winner.view.get('x')).toBe(x);
    }
    sync(all);
    expect(everywhere(all)).toEqual({ x: 4 });
  });

  it('stops at what another one wrote between two steps', () => {
    const all = authors(2, { x: 0 });
    const [other, winner] = all as [Author, Author];
    winner.view.set('x', 1);
    sync(all);
    winner.view.set('x', 3);
    other.view.set('x', 2);
    sync(all);
    expect(winner.undo.undo()).toBe(true);
    expect(winner.view.get('x')).toBe(2);
    expect(winner.undo.undo()).toBe(false);
    expect(winner.view.get('x')).toBe(2);
  });

  it('brings a key back that both made', () => {
    const all = authors(2);
    const [other, winner] = all as [Author, Author];
    other.view.set('title', 'theirs');
    winner.view.set('title', 'mine');
    sync(all);
    winner.undo.undo();
    sync(all);
    expect(everywhere(all)).toEqual({ title: 'theirs' });
    winner.undo.redo();
    sync(all);
    expect(everywhere(all)).toEqual({ title: 'mine' });
  });

  it('brings back a whole value or a record that was replaced', () => {
    for (const [before, replaced] of [
      [{ x: 0, y: 0 }, opaque({ x: 2 })],
      [opaque({ x: 0 }), { x: 2 }],
      [text('before'), 'after'],
      [[1, 2], 'none'],
    ]) {
      const all = authors(2, { shape: before });
      const shown = all[0]?.view.get('shape');
      const [other, winner] = all as [Author, Author];
      other.view.set('shape', true);
      winner.view.set('shape', replaced);
      if (winner.view.get('shape') === 'after') winner.view.set('shape', 4);
      sync(all);
      while (winner.undo.undo()) sync(all);
      expect([shown, true]).toContainEqual(everywhere(all)['shape']);
    }
  });

  it('takes a value back that was written to a key which another one deleted at the same time', () => {
    const all = authors(2, { x: 0, y: 0 });
    const [other, winner] = all as [Author, Author];
    other.view.delete('x');
    winner.view.set('x', 1);
    other.view.set('y', 1);
    winner.view.delete('y');
    sync(all);
    expect(everywhere(all)).toEqual({ x: 1, y: 1 });
    winner.undo.undo();
    winner.undo.undo();
    sync(all);
    // Nobody deleted what the other one wrote to y.
    expect(everywhere(all)).toEqual({ x: 0, y: 1 });
  });

  it('leaves a key deleted that another one deleted since', () => {
    const all = authors(2, { x: 0 });
    const [other, author] = all as [Author, Author];
    author.view.set('x', 1);
    sync(all);
    other.view.delete('x');
    sync(all);
    expect(author.undo.undo()).toBe(false);
    expect(author.view.get()).toEqual({});
  });

  it('brings a deleted record back with what another one wrote to it at the same time', () => {
    const all = authors(3, { shape: { kind: 'rectangle', x: 0, y: 0 } });
    const [deleter, mover, resizer] = all as [Author, Author, Author];
    deleter.view.delete('shape');
    mover.view.set('shape', { kind: 'rectangle', x: 1, y: 0 });
    resizer.view.set('shape', { kind: 'rectangle', x: 2, y: 5 });
    // Theirs is there before they hear of the deletion.
    syncAll(all.toReversed().map(({ doc }) => doc));
    expect(everywhere(all)).toEqual({});
    deleter.undo.undo();
    sync(all);
    expect(everywhere(all)).toEqual({ shape: { kind: 'rectangle', x: 2, y: 5 } });
    deleter.undo.redo();
    sync(all);
    expect(everywhere(all)).toEqual({});
  });

  it('finds the value before when the other one’s is collected', () => {
    const all = authors(2, { x: 0 });
    const [other, winner] = all as [Author, Author];
    winner.view.set('x', 2);
    // Keeps nothing for itself.
    other.undo.close();
    other.view.set('x', 1);
    other.view.delete('x');
    sync(all);
    winner.undo.undo();
    sync(all);
    expect(everywhere(all)).toEqual({ x: 0 });
  });

  it('brings back the last of several values of another one, as one value', () => {
    const all = authors(2, { x: 0 });
    const [other, winner] = all as [Author, Author];
    const updates: Uint8Array[] = [];
    other.doc.on('update', (update: Uint8Array) => updates.push(update));
    for (const x of [1, 2, 3]) other.view.set('x', x);
    winner.view.set('x', 9);
    for (const update of updates) Y.applyUpdate(winner.doc, update, 'network');
    expect(winner.view.get('x')).toBe(9);
    winner.undo.undo();
    expect(winner.view.get('x')).toBe(3);
    expect(winner.doc.getMap('map')._map.get('x')?.length).toBe(1);
    sync(all);
    expect(everywhere(all)).toEqual({ x: 3 });
  });

  it('works beside another undo of the same map', () => {
    const [author] = authors(1, { x: 0 }) as [Author];
    const second = createUndo(author.doc.getMap('map'), { joinMs: 0 });
    author.view.set('x', 1);
    author.undo.undo();
    author.undo.redo();
    expect(author.view.get('x')).toBe(1);
    expect(second.undo()).toBe(true);
    expect(author.view.get('x')).toBe(0);
  });
});
