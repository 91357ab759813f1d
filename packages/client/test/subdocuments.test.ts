import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { provide, serve, stockClient, textOf } from './harness.ts';

const filesOf = (doc: Y.Doc) => doc.getMap<Y.Doc>('files');

describe('subdocuments', () => {
  it('are synced over the same connection when they are loaded', async () => {
    const { url } = await serve();
    const ada = provide({ url, documentId: 'folder' });
    const bob = provide({ url, documentId: 'folder' });
    await Promise.all([ada.whenSynced, bob.whenSynced]);
    const file = new Y.Doc();
    filesOf(ada.doc).set('a.txt', file);
    textOf(file).insert(0, 'hello');
    await until('Bob sees the file', () => filesOf(bob.doc).has('a.txt'));
    expect(bob.subdocuments.size).toBe(0);
    const same = filesOf(bob.doc).get('a.txt');
    same?.load();
    await same?.whenSynced;
    await until('it is there', () => same !== undefined && textOf(same).toString() === 'hello');
    const provider = bob.subdocuments.get(file.guid);
    expect(provider?.documentId).toBe(`folder/${file.guid}`);
    expect(provider?.connection).toBe(bob.connection);
    const reader = await stockClient(url, `folder/${file.guid}`);
    expect(reader.content).toBe('hello');
  });

  it('are let go when they are removed, and with their parent', async () => {
    const { url } = await serve();
    const ada = provide({ url, documentId: 'folder' });
    await ada.whenSynced;
    filesOf(ada.doc).set('a', new Y.Doc());
    filesOf(ada.doc).set('b', new Y.Doc());
    expect(ada.subdocuments.size).toBe(2);
    const [a, b] = [...ada.subdocuments.values()];
    await Promise.all([a?.whenSynced, b?.whenSynced]);
    filesOf(ada.doc).delete('a');
    await until('it is closed', () => a?.state.status === 'offline');
    expect([...ada.subdocuments.values()]).toEqual([b]);
    await ada.close();
    expect(b?.state.status).toBe('offline');
  });

  it('can have names of their own, or be left alone', async () => {
    const { url } = await serve();
    const subdocuments = (guid: string) => `files/${guid}`;
    const named = provide({ url, documentId: 'folder', subdocuments });
    const file = new Y.Doc();
    filesOf(named.doc).set('a', file);
    expect(named.subdocuments.get(file.guid)?.documentId).toBe(`files/${file.guid}`);
    const alone = provide({ url, documentId: 'folder', subdocuments: false });
    filesOf(alone.doc).set('a', new Y.Doc());
    expect(alone.subdocuments.size).toBe(0);
  });

  it('with a guid that makes no name are not synced, and harm nothing', async () => {
    const { url } = await serve();
    const provider = provide({ url, documentId: 'folder' });
    const warnings: string[] = [];
    provider.on('warning', ({ code }) => warnings.push(code));
    filesOf(provider.doc).set('a', new Y.Doc({ guid: `\0${'x'.repeat(600)}` }));
    expect(warnings).toEqual(['document-id-invalid']);
    await provider.whenSynced;
    await provider.saved();
  });
});
