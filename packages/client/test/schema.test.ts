import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { hasText, provide, serve, stockClient, textOf } from './harness.ts';

describe('the version of the data', () => {
  it('makes a client read-only that a newer one does not want to write', async () => {
    const { url } = await serve();
    const old = provide({ url, documentId: 'notes', schema: { version: 1 } });
    await old.whenSynced;
    textOf(old.doc).insert(0, 'one');
    await old.saved();
    const both = provide({ url, documentId: 'notes', schema: { version: 2, min: 1 } });
    await both.whenSynced;
    textOf(old.doc).insert(3, ' two');
    await hasText(both, 'one two');
    const newest = provide({ url, documentId: 'notes', schema: { version: 3, min: 2 } });
    await newest.whenSynced;
    await until('it is read-only', () => old.access.state === 'read-only');
    expect(old.access).toEqual({ state: 'read-only', because: 'schema-outdated' });
    expect(both.access).toEqual({ state: 'read-write' });
    textOf(old.doc).insert(0, 'unwanted ');
    await expect(old.saved()).rejects.toMatchObject({ code: 'schema-unsupported' });
    textOf(newest.doc).insert(7, ' three');
    await hasText(old, 'unwanted one two three');
    await newest.saved();
    const reader = await stockClient(url, 'notes');
    expect(reader.content).toBe('one two three');
  });

  it('is looked at before anything is sent that was changed offline', async () => {
    const { url } = await serve();
    const newest = provide({ url, documentId: 'notes', schema: { version: 2 } });
    await newest.whenSynced;
    await newest.saved();
    const old = provide({ url, documentId: 'notes', schema: { version: 1 } });
    textOf(old.doc).insert(0, 'unwanted');
    await old.whenSynced;
    await until('it is read-only', () => old.access.state === 'read-only');
    expect(old.saveState.state).toBe('offline');
    textOf(newest.doc).insert(0, 'x');
    await newest.saved();
    expect(textOf(newest.doc).toString()).toBe('x');
  });

  it('does not matter to who writes nothing', async () => {
    const { url, store } = await serve();
    const first = provide({ url, documentId: 'notes', schema: { version: 1 } });
    await first.whenSynced;
    await first.saved();
    const head = async () => (await store.inspect('notes' as never))?.head;
    const before = await head();
    for (let i = 0; i < 3; i++) {
      const again = provide({ url, documentId: 'notes', schema: { version: 1 } });
      await again.whenSynced;
      await again.saved();
    }
    expect(await head()).toBe(before);
  });

  it('that the server does not admit is refused before any sync', async () => {
    const { url } = await serve({ schema: { min: 3 } });
    const provider = provide({ url, documentId: 'notes', schema: { version: 2 } });
    await expect(provider.whenSynced).rejects.toMatchObject({ code: 'schema-unsupported' });
    expect(provider.state.status).toBe('refused');
  });
});
