import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { joinUpdates } from './join-updates.ts';

/** Marsaglia's xorshift32. */
function xorshift(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])('joins what a document says without loss, seed %i', (seed) => {
  const random = xorshift(seed);
  const docs = [1, 2, 3].map((client) => {
    const doc = new Y.Doc();
    doc.clientID = client * random(2 ** 30);
    return doc;
  });
  const [first] = docs as [Y.Doc, Y.Doc, Y.Doc];
  const base = Y.encodeStateAsUpdate(first);
  const gathered: Uint8Array[] = [];
  first.on('update', (update) => gathered.push(update));
  for (let i = 0; i < 400; i++) {
    const doc = docs[random(3)] as Y.Doc;
    const text = doc.getText('text');
    const at = random(text.length + 1);
    if (random(3) > 0) text.insert(at, 'xyz'.slice(random(3)));
    else text.delete(at, Math.min(random(4), text.length - at));
    doc.getMap('map').set(`${random(5)}`, random(100));
    // What others made comes in with other providers.
    const [from, to] = [docs[random(3)] as Y.Doc, docs[random(3)] as Y.Doc];
    if (random(4) === 0) Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));
  }
  expect(gathered.length).toBeGreaterThan(100);
  const joined = joinUpdates(gathered);
  const copy = new Y.Doc();
  Y.applyUpdate(copy, base);
  Y.applyUpdate(copy, joined ?? new Uint8Array());
  expect(copy.store.pendingStructs).toBeNull();
  expect(Y.encodeStateAsUpdate(copy)).toEqual(Y.encodeStateAsUpdate(first));
});

it('joins nothing to nothing, and leaves one alone', () => {
  expect(joinUpdates([])).toBeUndefined();
  const update = Uint8Array.of(0, 0);
  expect(joinUpdates([update])).toBe(update);
});
