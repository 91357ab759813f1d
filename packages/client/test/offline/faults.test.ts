import { TemporaryDirectory } from '@syncline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START } from '../../src/local-copy.ts';
import { LevelBackend } from '../../src/offline/level.ts';
import { OfflineCopies } from '../../src/offline/offline-copies.ts';
import { SharedRecords } from './shared-records.ts';
import { Tab, updateWith } from './tab.ts';

let folder: TemporaryDirectory;
let backend: LevelBackend;
let fails = false;
let store: OfflineCopies;
let records: SharedRecords;

beforeEach(async () => {
  folder = await TemporaryDirectory.make();
  backend = new LevelBackend(folder.path);
  fails = false;
  records = new SharedRecords(backend, { loses: () => false, fails: () => fails });
  store = new OfflineCopies(records.tab());
});

afterEach(async () => {
  await store.close();
  await backend.close();
  await folder.remove();
});

async function fresh(): Promise<string> {
  const other = new OfflineCopies(records.tab());
  const { content, doc } = await Tab.open(other, 'notes');
  expect(doc.store.pendingStructs).toBeNull();
  await other.close();
  return content;
}

describe('when the disk is full', () => {
  it('tells of it once, keeps what was written, and writes it later', async () => {
    const tab = await Tab.open(store, 'notes');
    fails = true;
    for (const text of ['one ', 'two ', 'three']) {
      tab.type(text);
      await tab.copy.flush();
    }
    expect(tab.errors).toHaveLength(1);
    fails = false;
    expect(await fresh()).toBe('');
    await tab.copy.flush();
    expect(await fresh()).toBe('one two three');
    fails = true;
    tab.type('!');
    await tab.copy.flush();
    expect(tab.errors).toHaveLength(2);
    fails = false;
  });

  it('writes nothing of a copy that is to be put away into the next one', async () => {
    const tab = await Tab.open(store, 'notes');
    tab.receive(updateWith('old'), 'e1', 1);
    await tab.copy.flush();
    fails = true;
    tab.type('under way');
    const unsaved = updateWith('under way');
    await expect(tab.copy.putAway('document-reset', unsaved)).rejects.toThrow('full');
    tab.copy.write([{ update: updateWith('new'), own: false, to: 1 }], {
      ...START,
      epoch: 'e2',
      cursor: 1,
    });
    await tab.copy.flush();
    fails = false;
    await tab.copy.flush();
    expect(await fresh()).toBe('new');
    expect((await store.setAside()).map(({ unsaved }) => unsaved)).toEqual([unsaved]);
    expect(tab.heard).toEqual([]);
  });
});

describe('a change that is no update', () => {
  it('is reported, and the copy does not say that it has it', async () => {
    const tab = await Tab.open(store, 'notes');
    tab.copy.write(
      [
        { update: Uint8Array.of(1, 2, 3), own: false, to: 5 },
        { update: updateWith('sound'), own: false, to: 5 },
      ],
      { ...START, epoch: 'e', cursor: 5 },
    );
    await tab.copy.flush();
    tab.copy.write([], { ...START, epoch: 'e', cursor: 6 });
    await tab.copy.flush();
    expect(tab.errors).toHaveLength(1);
    const other = await Tab.open(store, 'notes');
    expect(other.copy.position).toEqual(START);
    expect(other.content).toBe('sound');
  });
});
