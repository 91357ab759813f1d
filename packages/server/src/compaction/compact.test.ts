import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { compact, compactInTurns } from './compact.ts';

/** Updates of a document that is typed into, one a word. */
function typed(...words: string[]): Uint8Array[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const word of words) doc.getText('text').insert(doc.getText('text').length, word);
  return updates;
}

function textOf(checkpoint: Uint8Array): string {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, checkpoint);
  return doc.getText('text').toString();
}

const invalidUtf8 = new Uint8Array([1, 1, 9, 0, 4, 1, 4, 116, 101, 120, 116, 2, 0xc3, 0x28, 0]);

describe('compact', () => {
  it('merges a log into one update without what was deleted', () => {
    const doc = new Y.Doc();
    const entries: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => entries.push(update));
    doc.getText('text').insert(0, 'x'.repeat(1000));
    doc.getText('text').delete(0, 990);
    const { checkpoint, setAside } = compact({ checkpoint: undefined, entries });
    expect(textOf(checkpoint)).toBe('x'.repeat(10));
    expect(checkpoint.length).toBeLessThan(100);
    expect(setAside).toEqual([]);
  });

  it('goes on from a checkpoint', () => {
    const [first, ...rest] = typed('one ', 'two ', 'three') as [Uint8Array, ...Uint8Array[]];
    const { checkpoint } = compact({ checkpoint: first, entries: rest });
    expect(textOf(checkpoint)).toBe('one two three');
  });

  it('sets aside an entry that cannot be read, wherever it stands', () => {
    const words = ['one ', 'two ', 'three '];
    for (let place = 0; place <= words.length; place++) {
      const entries = typed(...words).toSpliced(place, 0, invalidUtf8);
      const merged = compact({ checkpoint: undefined, entries });
      expect(textOf(merged.checkpoint)).toBe(words.join(''));
      expect(merged.setAside).toEqual([place]);
    }
  });

  it('sets aside what Yjs takes and the server does not', () => {
    const doc = new Y.Doc();
    let deep: unknown = 'bottom';
    for (let depth = 0; depth < 200; depth++) deep = [deep];
    doc.getMap('map').set('deep', deep);
    const entries = typed('one ', 'two ').toSpliced(1, 0, Y.encodeStateAsUpdate(doc));
    const { checkpoint, setAside } = compact({ checkpoint: undefined, entries });
    expect(setAside).toEqual([1]);
    expect(textOf(checkpoint)).toBe('one two ');
  });

  it('sets aside what stands on a missing entry, and keeps the rest', () => {
    const entries = [...typed('one ', 'two ', 'three ').toSpliced(1, 1), ...typed('other')];
    const merged = compact({ checkpoint: undefined, entries });
    expect(merged.setAside).toEqual([1]);
    expect(['one other', 'otherone ']).toContain(textOf(merged.checkpoint));
  });

  it('sets aside what is usable in part, and keeps that part', () => {
    const docs = [1, 2].map((client) => {
      const doc = new Y.Doc();
      doc.clientID = client;
      return doc;
    }) as [Y.Doc, Y.Doc];
    const [lost, doc] = docs;
    lost.getText('text').insert(0, 'lost');
    doc.getText('text').insert(0, 'abc');
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(lost));
    const at = doc.getText('text').toString().indexOf('lost') + 2;
    doc.getText('text').insert(at, '!'); // stands on what is lost
    const partly = Y.diffUpdate(Y.encodeStateAsUpdate(doc), Y.encodeStateVector(lost));
    const merged = compact({ checkpoint: undefined, entries: [partly, ...typed(' whole')] });
    expect(merged.setAside).toEqual([0]);
    expect(textOf(merged.checkpoint)).toContain('abc');
    expect(textOf(merged.checkpoint)).toContain(' whole');
  });

  it('sets aside a deletion of what is not there', () => {
    const deletion = new Uint8Array([0, 1, 77, 1, 0, 5]);
    const merged = compact({ checkpoint: undefined, entries: [...typed('one'), deletion] });
    expect(merged.setAside).toEqual([1]);
    expect(textOf(merged.checkpoint)).toBe('one');
  });

  it('refuses to go on from a checkpoint that cannot be read', () => {
    const log = { checkpoint: invalidUtf8, entries: typed('one') };
    expect(() => compact(log)).toThrow(/checkpoint/);
  });
});

describe('compactInTurns', () => {
  it('gives the same, and others their turn', async () => {
    const words = Array.from({ length: 20_000 }, (_, index) => `${index} `);
    const log = { checkpoint: undefined, entries: typed(...words) };
    let turns = 0;
    const ticking = setInterval(() => turns++);
    const merged = await compactInTurns(log);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(0);
    expect(merged).toEqual(compact(log));
    expect(textOf(merged.checkpoint)).toBe(words.join(''));
  });
});
