import { scan } from '@syncline/update';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type Position, START } from '../local-copy.ts';
import { Batch } from './batch.ts';

const doc = new Y.Doc();
const updates: Uint8Array[] = [];
doc.on('update', (update: Uint8Array) => updates.push(update));
for (const character of 'abcdef') doc.getText().insert(doc.getText().length, character);

const change = (i: number, own: boolean, to = 0) => ({
  content: scan(updates[i] as Uint8Array),
  own,
  to,
});
const at = (epoch: string, cursor: number, unsavedBytes = 1): Position => ({
  ...START,
  epoch,
  cursor,
  unsavedBytes,
});

describe('a batch', () => {
  it('makes one entry of all own changes, and one of the server’s', () => {
    const batch = new Batch();
    expect(batch.isEmpty).toBe(true);
    batch.add([change(0, true), change(1, false, 4), change(2, true)], at('e', 4), 0);
    batch.add([change(3, false, 6)], at('e', 6), 0);
    const entries = batch.entries(START);
    expect(entries.map(({ own, to }) => [own, to]).slice(0, 1)).toEqual([[false, 6]]);
    const copy = new Y.Doc();
    for (const { update } of entries) Y.applyUpdate(copy, update);
    expect(copy.getText().toJSON()).toBe('abcd');
  });

  it('leaves out what the copy has of the server’s, in the same epoch alone', () => {
    const batch = new Batch();
    batch.add([change(0, false, 4)], at('e', 4), 0);
    expect(batch.entries(at('e', 4))).toHaveLength(0);
    expect(batch.entries(at('e', 3))).toHaveLength(1);
    expect(batch.entries(at('f', 4))).toHaveLength(1);
  });

  it('never leaves out own changes, nor those of which nobody said where they are', () => {
    const batch = new Batch();
    batch.add([change(0, false, 0), change(1, true)], at('e', 4), 0);
    expect(batch.entries(at('e', 9)).map(({ own, to }) => [own, to])).toEqual([
      [false, 0],
      [true, 0],
    ]);
  });

  it('does not compare the seqs of two epochs', () => {
    const batch = new Batch();
    batch.add([change(0, false, 4)], at('e', 4), 0);
    batch.add([], at('f', 1), 0);
    expect(batch.entries(at('f', 9))).toHaveLength(1);
    const later = new Batch();
    later.add([], at('f', 1), 0);
    const failed = new Batch();
    failed.add([change(0, false, 4)], at('e', 4), 0);
    failed.join(later);
    expect(failed.entries(at('f', 9))).toHaveLength(1);
  });

  it('counts own bytes since the last claim', () => {
    const bytes = (i: number) => (updates[i] as Uint8Array).length;
    const batch = new Batch();
    batch.add([change(0, true)], at('', 0), 0);
    expect(batch.claim).toBeUndefined();
    batch.add([], at('', 0, 0), 3);
    batch.add([change(1, true)], at('', 0), 4);
    expect([batch.claim, batch.ownBytesSinceClaim]).toEqual([3, bytes(1)]);
    const later = new Batch();
    later.add([change(2, true)], at('', 0), 5);
    batch.join(later);
    expect([batch.claim, batch.ownBytesSinceClaim]).toEqual([3, bytes(1) + bytes(2)]);
    expect(batch.ownBytes).toBe(bytes(0) + bytes(1) + bytes(2));
    const claim = new Batch();
    claim.add([], at('', 0, 0), 6);
    batch.join(claim);
    expect([batch.claim, batch.ownBytesSinceClaim]).toEqual([6, 0]);
  });

  it('is as small as its content after it was joined', () => {
    const batch = new Batch();
    for (const i of [0, 1, 2, 3, 4, 5]) {
      const later = new Batch();
      later.add([change(i, true), change(i, false, i + 1)], at('e', i + 1), 0);
      batch.join(later);
    }
    expect(batch.entries(START)).toHaveLength(2);
    expect(batch.entries(at('e', 6))).toHaveLength(1);
    expect(batch.position).toEqual(at('e', 6));
  });
});
