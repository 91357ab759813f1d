import { Guard } from '@syncline/app-common/guard';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { Bulkhead } from './bulkhead.ts';

let outside: Y.Doc;
let guard: Guard;
let bulkhead: Bulkhead;
const textIn = (doc: Y.Doc) => doc.getText('text');

beforeEach(() => {
  outside = new Y.Doc();
  textIn(outside).insert(0, 'stored');
  guard = new Guard();
  bulkhead = new Bulkhead(outside, guard);
  bulkhead.setWritable(true);
  outside.on('update', (update: Uint8Array, origin: unknown) => {
    if (!bulkhead.isFromHere(origin)) bulkhead.receive(update);
  });
  guard.subscribe(() => bulkhead.close());
});

describe('a bulkhead', () => {
  it('lets in what others write, and out what the editor writes', async () => {
    expect(textIn(bulkhead.doc).toString()).toBe('stored');
    textIn(outside).insert(0, 'theirs ');
    textIn(bulkhead.doc).insert(0, 'mine ');
    textIn(bulkhead.doc).insert(0, 'all ');
    expect(textIn(outside).toString()).toBe('theirs stored');
    await Promise.resolve();
    expect(textIn(outside).toString()).toBe('all mine theirs stored');
    expect(textIn(bulkhead.doc).toString()).toBe('all mine theirs stored');
  });

  it('lets nothing out of what an editor wrote before it threw an error, or writes after it', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    guard.run(() => {
      textIn(bulkhead.doc).delete(0, 6);
      throw new Error('out of order');
    });
    textIn(bulkhead.doc).insert(0, 'more');
    await Promise.resolve();
    expect(textIn(outside).toString()).toBe('stored');
    expect(guard.halt).toBe('failed');
  });

  it('keeps from others what an editor throws when it is shown a change', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    textIn(bulkhead.doc).observe(() => {
      textIn(bulkhead.doc).delete(0, 1);
      throw new Error('out of order');
    });
    textIn(outside).insert(0, 'theirs ');
    await Promise.resolve();
    expect(textIn(outside).toString()).toBe('theirs stored');
    expect(guard.halt).toBe('failed');
  });

  it('keeps what was written until it may be', async () => {
    textIn(bulkhead.doc).insert(0, '1');
    bulkhead.setWritable(false);
    // It was typed while it was allowed.
    expect(textIn(outside).toString()).toBe('1stored');
    textIn(bulkhead.doc).insert(0, '2');
    await Promise.resolve();
    expect(textIn(outside).toString()).toBe('1stored');
    textIn(outside).insert(0, 'theirs ');
    bulkhead.setWritable(true);
    expect(textIn(outside).toString()).toBe(textIn(bulkhead.doc).toString());
    expect(textIn(outside).toString()).toContain('2');
  });

  it('writes what it mended, together with what it came with', async () => {
    const mend = ({ doc, changed }: Y.Transaction) => {
      const text = textIn(doc);
      if (!changed.has(text as never) || !text.toString().includes('bad')) return false;
      text.delete(text.toString().indexOf('bad'), 3);
      return true;
    };
    const mending = new Bulkhead(outside, guard, mend);
    mending.setWritable(true);
    const seen: string[] = [];
    textIn(mending.doc).observe(({ target }) => void seen.push(target.toString()));
    outside.on('update', (update: Uint8Array, origin: unknown) => {
      if (!mending.isFromHere(origin)) mending.receive(update);
    });
    textIn(outside).insert(0, 'bad ');
    await Promise.resolve();
    // The editor has never seen it.
    expect(seen).toEqual([' stored']);
    expect(textIn(outside).toString()).toBe(' stored');
  });
});
