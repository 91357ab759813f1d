import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type SaveState, SynclineConnection } from '../src/index.ts';
import { atEnd, provide, serve, textOf } from './harness.ts';

const filesOf = (doc: Y.Doc) => doc.getMap<Y.Doc>('files');

/** A folder with files, of which a connection may have one beside the folder. */
async function folder() {
  const { url } = await serve({ limits: { documentsPerConnection: 2 } });
  const provider = provide({ url, documentId: 'folder', tabs: false });
  const warnings: { code: string; message: string }[] = [];
  provider.on('warning', (problem) => warnings.push(problem));
  const states: SaveState['state'][] = [];
  provider.on('saveState', ({ state }) => states.push(state));
  await provider.whenSynced;
  const add = (name: string, text: string, options?: { guid: string }): Y.Doc => {
    const file = new Y.Doc(options);
    filesOf(provider.doc).set(name, file);
    if (text !== '') textOf(file).insert(0, text);
    return file;
  };
  return { url, provider, warnings, states, add };
}

describe('subdocuments that are more than a connection may have', () => {
  it('are told of by a warning, and what is written in them is not saved', async () => {
    const { provider, warnings, states, add } = await folder();
    add('a', 'one');
    await provider.saved();
    const b = add('b', '');
    await until('it is told', () => warnings.length > 0);
    expect(warnings).toEqual([
      { code: 'too-many-documents', message: expect.stringContaining(b.guid) },
    ]);
    await provider.saved();
    expect(provider.saveState.state).toBe('saved');
    textOf(b).insert(0, 'lost?');
    expect(provider.saveState).toEqual(provider.subdocuments.get(b.guid)?.saveState);
    expect(provider.saveState.state).toBe('offline');
    await until('it is said', () => states.at(-1) === 'offline');
    await expect(provider.saved()).rejects.toMatchObject({ code: 'too-many-documents' });
    textOf(provider.doc).insert(0, 'the folder itself is saved');
    await until('it is', () => provider.saveState.unsavedBytes === bytesOf(provider, b));
  });

  it('are synced when there is room again', async () => {
    const { provider, states, add } = await folder();
    const a = add('a', 'one');
    const b = add('b', 'two');
    await until('it is refused', () => stateOf(provider, b) === 'refused');
    filesOf(provider.doc).delete('a');
    await until('it is synced', () => stateOf(provider, b) === 'live');
    await provider.saved();
    await until('it is said', () => states.at(-1) === 'saved');
    expect(provider.subdocuments.has(a.guid)).toBe(false);
  });

  it('come after their parent, and go offline with it', async () => {
    const { url } = await serve({ limits: { documentsPerConnection: 2 } });
    const doc = new Y.Doc();
    for (const name of ['a', 'b', 'c']) filesOf(doc).set(name, new Y.Doc());
    const connection = new SynclineConnection({ url, tabs: false });
    atEnd(() => connection.close());
    const provider = provide({ connection, documentId: 'folder', doc });
    await provider.whenSynced;
    const statesOf = () => [...provider.subdocuments.values()].map(({ state }) => state.status);
    await until('one is synced', () => statesOf().join() === 'live,refused,refused');
    provider.disconnect();
    filesOf(doc).set('d', new Y.Doc());
    expect(statesOf()).toEqual(['offline', 'offline', 'offline', 'offline']);
    provider.connect();
    await until('it is back', () => provider.synced);
    await until('one is', () => statesOf().join() === 'live,refused,refused,refused');
  });

  it('are told of once each, and not for what is refused of all', async () => {
    const { provider, warnings, add } = await folder();
    for (const name of ['a', 'b', 'c']) add(name, name);
    await until('all are', () => warnings.length === 2);
    provider.disconnect();
    provider.connect();
    await until('it is back', () => provider.synced);
    await until('both are again', () => warnings.length === 4);
    expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(['too-many-documents']));
  });

  it('with names that are none are not saved either', async () => {
    const { provider, warnings, states, add } = await folder();
    const file = add('a', '', { guid: '\0' });
    expect(warnings.map(({ code }) => code)).toEqual(['document-id-invalid']);
    await provider.saved();
    textOf(file).insert(0, 'here alone');
    expect(provider.saveState).toMatchObject({ state: 'offline' });
    await until('it is said', () => states.at(-1) === 'offline');
    await expect(provider.saved()).rejects.toMatchObject({ code: 'document-id-invalid' });
    filesOf(provider.doc).delete('a');
    await until('there is nothing unsaved', () => states.at(-1) === 'saved');
    await provider.saved();
  });
});

type Provider = Awaited<ReturnType<typeof folder>>['provider'];

const stateOf = ({ subdocuments }: Provider, { guid }: Y.Doc) =>
  subdocuments.get(guid)?.state.status;
const bytesOf = ({ subdocuments }: Provider, { guid }: Y.Doc) =>
  subdocuments.get(guid)?.saveState.unsavedBytes;
