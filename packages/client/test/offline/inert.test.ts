import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as browser from '../../src/offline/browser.ts';
import * as node from '../../src/offline/node.ts';
import { hasText, provide, serve, textOf } from '../harness.ts';

const stores = {
  'on Node without a folder': () => node.openOfflineStore(),
  'on Node with the options for a browser': () =>
    node.openOfflineStore({ name: 'mine', maxBytes: 1 }),
  'of a browser where there is no IndexedDB': () => browser.openOfflineStore(),
  'of a browser with the options for Node': () => browser.openOfflineStore({ folder: '/nowhere' }),
};

describe.each(Object.entries(stores))('an offline store %s', (_, open) => {
  it('keeps nothing, and documents say so once and go on', async () => {
    const offline = open();
    const { url } = await serve();
    const provider = provide({ url, documentId: 'notes', offline });
    const warnings: string[] = [];
    provider.on('warning', ({ message }) => warnings.push(message));
    textOf(provider.doc).insert(0, 'hello');
    await provider.whenLoaded;
    await provider.whenSynced;
    await provider.saved();
    const other = provide({ url, documentId: 'notes' });
    await hasText(other, 'hello');
    expect(warnings).toEqual([expect.stringContaining('nothing is kept')]);
    expect(await offline.list()).toEqual([]);
    expect(await offline.setAside()).toEqual([]);
    await offline.delete('notes');
    await offline.discard('id');
    await provider.close();
    await offline.close();
    await offline.close();
  });

  it('refuses names that are none, as others do', async () => {
    const listener = { wholeState: () => new Uint8Array(), onError: () => {} };
    const opening = open().open('', { ...listener, onChange: () => {}, onSaved: () => {} });
    await expect(opening).rejects.toMatchObject({ code: 'document-id-invalid' });
  });
});

it.each<[string, PropertyDescriptor]>([
  ['is null', { value: null }],
  [
    'throws',
    {
      get: () => {
        throw new DOMException('storage is blocked', 'SecurityError');
      },
    },
  ],
])('a browser whose IndexedDB %s keeps nothing', async (_, descriptor) => {
  Object.defineProperty(globalThis, 'indexedDB', { ...descriptor, configurable: true });
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'indexedDB'));
  expect(await browser.openOfflineStore().list()).toEqual([]);
});

it.each(['@syncline/client/offline', './dist/offline/browser.js'])(
  'a module that opens one can be imported on a server: %s',
  async (entry) => {
    const code = `
      import { openOfflineStore } from '${entry}';
      const offline = openOfflineStore();
      console.log((await offline.list()).length);`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: new URL('../..', import.meta.url),
      timeout: 10_000,
    });
    await expect(run).resolves.toEqual({ stdout: '0\n', stderr: '' });
  },
);
