import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { Reset } from '../src/index.ts';
import { hasText, provide, serve, stockClient, textOf } from './harness.ts';

const request = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  expect(response.ok, await response.text()).toBe(true);
};

/** An update of another document with this text. */
function updateWith(text: string): Uint8Array<ArrayBuffer> {
  const doc = new Y.Doc();
  textOf(doc).insert(0, text);
  return new Uint8Array(Y.encodeStateAsUpdate(doc));
}

describe('a document that begins anew', () => {
  it('is not merged with the copy: the new content is loaded', async () => {
    const { url } = await serve();
    const provider = provide({ url, documentId: 'notes' });
    provider.awareness.setLocalState({ name: 'Ada' });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'old');
    await provider.saved();
    const resets: Reset[] = [];
    provider.on('reset', (reset) => resets.push(reset));
    const { doc, awareness } = provider;
    await request(`${url}/v1/documents/notes?replace`, { method: 'PUT', body: updateWith('new') });
    await until('it is told', () => resets.length > 0);
    await hasText(provider, 'new');
    expect(resets).toMatchObject([{ code: 'document-reset', previous: doc, unsaved: undefined }]);
    expect(textOf(doc).toString()).toBe('old');
    expect(provider.awareness).not.toBe(awareness);
    expect(provider.awareness.getLocalState()).toEqual({ name: 'Ada' });
    await until('it is live', () => provider.synced);
    textOf(provider.doc).insert(3, 'er');
    await provider.saved();
    const reader = await stockClient(url, 'notes');
    await reader.hasContent('newer');
  });

  it('hands over what was unsaved', async () => {
    const { url } = await serve();
    const provider = provide({ url, documentId: 'notes' });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'saved');
    await provider.saved();
    provider.disconnect();
    textOf(provider.doc).insert(5, ' and unsaved');
    expect(provider.saveState.state).toBe('offline');
    await request(`${url}/v1/documents/notes?replace`, { method: 'PUT', body: updateWith('new') });
    const resets: Reset[] = [];
    provider.on('reset', (reset) => resets.push(reset));
    provider.connect();
    await hasText(provider, 'new');
    const [reset] = resets;
    expect(reset?.unsaved).toBeDefined();
    // Alone it is a difference; with the old copy's saved part it is all.
    const old = new Y.Doc();
    Y.applyUpdate(old, reset?.unsaved ?? new Uint8Array());
    expect(old.store.pendingStructs).not.toBeNull();
    expect(provider.saveState.state).toBe('saved');
    const reader = await stockClient(url, 'notes');
    expect(reader.content).toBe('new');
  });

  it('says when somebody goes on in the old one', async () => {
    const { url } = await serve();
    const provider = provide({ url, documentId: 'notes' });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'old');
    await provider.saved();
    const { doc } = provider;
    const warnings: string[] = [];
    provider.on('warning', ({ message }) => warnings.push(message));
    await request(`${url}/v1/documents/notes?replace`, { method: 'PUT', body: updateWith('new') });
    await hasText(provider, 'new');
    textOf(doc).insert(0, 'lost? ');
    textOf(doc).insert(0, 'lost? ');
    expect(warnings).toHaveLength(1);
  });

  it('is refused when an operator deleted it, and does not come back', async () => {
    const { url } = await serve();
    const provider = provide({ url, documentId: 'notes' });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'old');
    await provider.saved();
    await request(`${url}/v1/documents/notes`, { method: 'DELETE' });
    await until('it is refused', () => provider.state.status === 'refused');
    expect(provider.state).toMatchObject({ problem: { code: 'document-deleted' } });
    const reader = await stockClient(url, 'notes');
    expect(reader.content).toBe('');
  });
});
