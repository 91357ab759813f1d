import { TemporaryDirectory } from '@syncline/testing';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { openOfflineStore } from '../../src/offline/node.ts';
import { atEnd, hasText, provide, serve, stockClient, textOf } from '../harness.ts';

// Deletions move no clock: no state vector tells that the server lacks them.

it('a deletion alone, made without a connection, arrives', async () => {
  const { url } = await serve();
  const provider = provide({ url, documentId: 'notes' });
  await provider.whenSynced;
  textOf(provider.doc).insert(0, 'one two');
  await provider.saved();
  provider.disconnect();
  textOf(provider.doc).delete(3, 4);
  expect(provider.saveState.state).toBe('offline');
  provider.connect();
  await provider.saved();
  const reader = await stockClient(url, 'notes');
  expect(reader.content).toBe('one');
});

it('a deletion alone, of a provider that was closed before it was connected again, arrives', async () => {
  const { url } = await serve();
  const folder = await TemporaryDirectory.make();
  atEnd(() => folder.remove());
  const offline = openOfflineStore({ folder: folder.path });
  atEnd(() => offline.close());
  const first = provide({ url, documentId: 'notes', offline });
  await first.whenSynced;
  textOf(first.doc).insert(0, 'one two');
  await first.saved();
  first.disconnect();
  textOf(first.doc).delete(3, 4);
  await first.close();
  const second = provide({ url, documentId: 'notes', doc: new Y.Doc(), offline });
  await second.saved();
  await hasText(second, 'one');
  const reader = await stockClient(url, 'notes');
  expect(reader.content).toBe('one');
});
