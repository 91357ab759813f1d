import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { collect, concatenate, decodeStateVector, type ScannedUpdate, scan } from '../src/index.ts';
import { contentOf, deletesOf, docOf, editings, sorted } from './editing.ts';

/** Updates of editings, as one. */
function whole(updates: readonly Uint8Array[]): ScannedUpdate {
  const [update, ...rest] = concatenate(updates.map(scan));
  if (rest.length > 0) throw new TypeError('a log has no gap');
  return update;
}

function collected(updates: readonly Uint8Array[]): Uint8Array {
  return collect(whole(updates)).bytes;
}

/** All that a document says when it has been edited. */
function written(edit: (doc: Y.Doc) => void): Uint8Array[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  edit(doc);
  return updates;
}

function sizeInYjs(updates: readonly Uint8Array[]): number {
  return Y.encodeStateAsUpdate(docOf(updates)).length;
}

const contains = (bytes: Uint8Array, text: string) => Buffer.from(bytes).includes(text);

describe('collect', () => {
  it('gives the same document', () => {
    fc.assert(
      fc.property(editings, ({ updates }) => {
        expect(contentOf(docOf([collected(updates)]))).toEqual(contentOf(docOf(updates)));
      }),
      { numRuns: 1000 },
    );
  });

  it('deletes what Yjs does, also what no update says', () => {
    fc.assert(
      fc.property(editings, ({ updates }) => {
        const { deletes } = collect(whole(updates));
        const inYjs = Y.createDeleteSetFromStructStore(docOf(updates).store).clients;
        expect(sorted(deletes)).toEqual(deletesOf(inYjs));
      }),
      { numRuns: 1000 },
    );
  });

  it('is a beginning that everything that comes later fits onto', () => {
    fc.assert(
      fc.property(editings, fc.nat(100), ({ updates }, part) => {
        const count = Math.floor((updates.length * part) / 100);
        const later = updates.slice(count);
        const doc = docOf([collected(updates.slice(0, count)), ...later]);
        expect(contentOf(doc)).toEqual(contentOf(docOf(updates)));
        // And again: what stands on what is gone is collected as well.
        const twice = collected([collected(updates.slice(0, count)), ...later]);
        expect(contentOf(docOf([twice]))).toEqual(contentOf(docOf(updates)));
      }),
      { numRuns: 1000 },
    );
  });

  it('brings up to date who has a part of what was collected', () => {
    fc.assert(
      fc.property(editings, fc.nat(100), ({ updates }, part) => {
        const reader = docOf(updates.slice(0, Math.floor((updates.length * part) / 100)));
        const vector = decodeStateVector(Y.encodeStateVector(reader));
        const [answer] = concatenate([collect(whole(updates))], vector);
        Y.applyUpdate(reader, answer.bytes);
        expect(contentOf(reader)).toEqual(contentOf(docOf(updates)));
      }),
    );
  });

  it('gives an update that scans alike, and of which nothing more is collected', () => {
    fc.assert(
      fc.property(editings, ({ updates }) => {
        const update = collect(whole(updates));
        const again = scan(update.bytes);
        expect(again.runs).toEqual(update.runs);
        expect(again.deletes).toEqual(update.deletes);
        expect(collect(again).bytes).toEqual(update.bytes);
      }),
    );
  });

  it('leaves nothing that Yjs would not', () => {
    const text = written((doc) => {
      const ytext = doc.getText('text');
      ytext.insert(0, 'a secret, that was a mistake');
      ytext.delete(2, 6);
      ytext.insert(2, 'word');
    });
    expect(contains(collected(text), 'secret')).toBe(false);
    expect(collected(text).length).toBeLessThanOrEqual(sizeInYjs(text));

    const moves = written((doc) => {
      for (let step = 0; step < 100; step++) doc.getMap('shape').set('x', `place ${step}`);
    });
    expect(contains(collected(moves), 'place 98')).toBe(false);
    expect(collected(moves).length).toBeLessThanOrEqual(sizeInYjs(moves));

    const list = written((doc) => {
      for (let step = 0; step < 100; step++) doc.getArray('list').push([`item ${step}`]);
      doc.getArray('list').delete(0, 100);
    });
    expect(collected(list).length).toBeLessThanOrEqual(sizeInYjs(list));

    const nested = written((doc) => {
      const shapes = doc.getMap<Y.Map<unknown>>('shapes');
      for (let shape = 0; shape < 50; shape++) {
        const inner = shapes.set(`${shape % 5}`, new Y.Map());
        const deep = inner.set('text', new Y.Text('deep'));
        for (let step = 0; step < 10; step++) {
          inner.set('x', step);
          deep.insert(step, `${step}`);
        }
      }
    });
    expect(contains(collected(nested), 'deep')).toBe(true);
    expect(collected(nested).length).toBeLessThanOrEqual(sizeInYjs(nested));
  });

  it('takes away what came into a place that had been deleted by then', () => {
    const doc = new Y.Doc();
    const inner = doc.getMap<Y.Text>('map').set('text', new Y.Text('old'));
    const other = docOf([Y.encodeStateAsUpdate(doc)]);
    const before = Y.encodeStateVector(other);
    other.getMap<Y.Text>('map').get('text')?.insert(3, 'too late');
    const late = Y.encodeStateAsUpdate(other, before);
    doc.getMap('map').delete('text');
    expect(inner.length).toBe(0);
    const bytes = collected([Y.encodeStateAsUpdate(doc), late]);
    expect(contains(bytes, 'too late')).toBe(false);
    Y.applyUpdate(doc, late);
    expect(contentOf(docOf([bytes]))).toEqual(contentOf(doc));
  });

  it('cuts text between the halves of a pair as Yjs does', () => {
    const doc = new Y.Doc();
    doc.getText('text').insert(0, '1😀2😀3');
    for (const [at, length] of [
      [2, 1],
      [1, 1],
      [2, 3],
    ] as const) {
      doc.getText('text').delete(at, length);
      const bytes = collected([Y.encodeStateAsUpdate(doc)]);
      expect(contentOf(docOf([bytes]))).toEqual(contentOf(doc));
    }
  });

  it('does not go round in circles', () => {
    // Of clients 1 and 2 each has a letter that names the other's as its origin, and 3 has one in a deleted parent.
    const circle = [
      [1, 3, 0, 0x27, 1, 1, 109, 1, 107, 1],
      [1, 2, 0, 0x84, 1, 0, 1, 97],
      [1, 1, 0, 0x84, 2, 0, 1, 98],
    ].flat();
    const update = scan(new Uint8Array([3, ...circle, 1, 3, 1, 0, 1]));
    expect(() => collect(update)).not.toThrow();
  });

  it('takes time in proportion to its bytes', () => {
    const [typed] = written((doc) => doc.getText('text').insert(0, 'x'.repeat(400_000)));
    const update = scan(typed as Uint8Array);
    const [run] = update.runs;
    const everySecond = Array.from({ length: 400_000 }, (_, clock) => clock);
    const deletes = new Map([[run?.client as number, everySecond]]);
    const start = process.cpuUsage();
    const all = collect({ ...update, deletes });
    const { user } = process.cpuUsage(start);
    expect(all.runs[0]?.count).toBe(400_000);
    expect(user / 1000).toBeLessThan(4_000);
  });
});
