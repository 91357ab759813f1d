import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Operator, StoreOperator } from '@syncline/server/operator';
import { LevelStore } from '@syncline/storage-level';
import { readFresh, TemporaryDirectory } from '@syncline/testing';
import { findPostgres, TestDatabase } from '@syncline/testing/services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { syncline } from './command.ts';
import { Serving } from './serve.ts';

const ID = 'notes/ö 1';
const UNTOLD =
  'syncline: running nodes were not told: they notice at their next edit of the document\n';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('on a database', () => {
  let database: TestDatabase;
  let files: TemporaryDirectory;

  beforeAll(async () => {
    database = await TestDatabase.make(postgres as string);
    expect(await run('migrate')).toMatch(/^Migrated the schema from version 0 to \d+\n$/);
  });
  beforeEach(async () => {
    files = await TemporaryDirectory.make();
  });
  afterEach(async () => {
    await files.remove();
    await database.clear();
  });
  afterAll(() => database.drop());

  const ask = (...args: string[]) => syncline(args, { SYNCLINE_STORE: database.url });

  /** Runs a command that must succeed, and tell nobody but us. */
  async function run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await ask(...args);
    expect(stderr.replace(UNTOLD, '')).toBe('');
    expect(code).toBe(0);
    return stdout;
  }

  const runJson = async <T>(...args: string[]) => JSON.parse(await run(...args, '--json')) as T;

  async function fileWith(text: string): Promise<string> {
    const path = join(files.path, `${text.replaceAll(/\W/g, '')}.bin`);
    await writeFile(path, updateOf(text));
    return path;
  }

  it('migrate says that there is nothing to do', async () => {
    expect(await run('migrate')).toMatch(/^Schema version \d+, nothing to do\n$/);
    const { from, to } = await runJson<{ from: number; to: number }>('migrate');
    expect(from).toBe(to);
  });

  it('documents come out as they went in, next to a server that has them', async () => {
    const server = await Serving.start(files.path, ['--store', database.url]);
    try {
      await run('import', ID, await fileWith('hello'));
      expect(await readFresh(server.webSocketUrl, ID)).toBe('hello');
      expect(await run('list', '--names')).toBe(`${ID}\n`);
      expect(await run('inspect', ID)).toMatch(/\nsessions +only nodes know\n$/);
      expect(await run('list')).toMatch(/ +– {2}notes\/ö 1\n1 document, \d+ B\n$/);
      const out = join(files.path, 'out');
      await run('export', ID, '--yjs', '--out', out);
      expect(new Uint8Array(await readFile(out))).toEqual(updateOf('hello'));
    } finally {
      await server.stop();
    }
  });

  it('what changes a log past its rooms says that nobody was told', async () => {
    const path = await fileWith('hello');
    const before = await ask('import', ID, path, '--json');
    const changes = [
      ['reset', ID, '--json'],
      ['import', ID, path, '--replace', '--json'],
      ['delete', ID, '--yes'],
    ];
    const epochs = [before.stdout];
    for (const args of changes) {
      const { code, stdout, stderr } = await ask(...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: UNTOLD });
      epochs.push(stdout);
    }
    expect(new Set(epochs.map((epoch) => /"epoch":"\w+"/.exec(epoch)?.[0])).size).toBe(4);
    expect(await run('list', '--names')).toBe('');
    expect(await ask('inspect', ID)).toMatchObject({
      code: 1,
      stderr: `syncline: there is no document "${ID}"\n`,
    });
  });

  it('verify reads every document, and names the damaged ones', async () => {
    for (const name of ['a', 'b', 'c']) await run('import', name, await fileWith(name));
    expect(await run('verify')).toMatch(/^Verified 3 documents, 3 records, \d+ B\n$/);
    await database.run(`UPDATE syncline_checkpoints SET update = update || '\\x00'::bytea
      WHERE log = (SELECT log FROM syncline_documents WHERE id = 'b')`);
    const { code, stdout, stderr } = await ask('verify');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^damage: "b": its checkpoint fails its checksum\nVerified 3 documents, 2 records, \d+ B\n$/,
    );
    expect(stderr).toMatch(/^syncline: [^\n]+ is damaged: restore a backup\n$/);
  });

  describe('copy', () => {
    const NAMES = ['plain', 'a b/ö', ...Array.from({ length: 20 }, (_, index) => `many/${index}`)];
    let data: string;

    beforeEach(async () => {
      data = join(files.path, 'data');
      await withFolder(data, async (operator) => {
        for (const name of NAMES) await operator.import(name as never, updateOf(name));
      });
    });

    it('takes all documents of a folder, under their names', async () => {
      const { code, stdout } = await ask('copy', '--data', data, '--progress');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Copied 22 documents: \d+(\.\d)? K?i?B\n$/);
      const names = (await run('list', '--names')).trimEnd().split('\n');
      expect(names.toSorted()).toEqual(NAMES.toSorted());
      const out = join(files.path, 'out');
      for (const name of NAMES.slice(0, 2)) {
        await run('export', name, '--yjs', '--out', out);
        expect(new Uint8Array(await readFile(out))).toEqual(updateOf(name));
      }
      // It is still there, and as it was.
      const listed = await syncline(['list', '--names', '--data', data]);
      expect(listed.stdout.split('\n')).toHaveLength(NAMES.length + 1);
    });

    it('leaves documents alone that are there, unless told to replace them', async () => {
      await run('import', 'plain', await fileWith('other'));
      const before = await runJson<{ epoch: string }>('inspect', 'plain');
      const { code, stdout, stderr } = await ask('copy', '--data', data, '--json');
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ copied: 21, failed: 1 });
      expect(stderr).toContain('plain was not copied: there is a document "plain" already\n');
      expect(stderr).toMatch(/\nsyncline: 1 document could not be copied\n$/);
      expect(await runJson('inspect', 'plain')).toEqual(before);
      expect(await run('copy', '--data', data, '--replace')).toContain('Copied 22 documents');
      const out = join(files.path, 'out');
      await run('export', 'plain', '--yjs', '--out', out);
      expect(new Uint8Array(await readFile(out))).toEqual(updateOf('plain'));
    });

    it('needs a folder that is there and that no server has', async () => {
      const none = await ask('copy', '--data', join(files.path, 'none'));
      expect(none).toMatchObject({ code: 1, stdout: '' });
      expect(none.stderr).toContain('there is no data folder');
      await withFolder(data, async () => {
        const { code, stderr } = await ask('copy', '--data', data);
        expect(code).toBe(1);
        expect(stderr).toMatch(/ is in use by another process\. Stop that process first\.\n$/);
      });
    });
  });
});

/** A document whose text is this. The same text gives the same bytes. */
function updateOf(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = 1;
  doc.getText('text').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

async function withFolder(
  folder: string,
  task: (operator: Operator) => Promise<void>,
): Promise<void> {
  const store = await LevelStore.open(folder);
  try {
    await task(new StoreOperator({ store, compact: async () => undefined }));
  } finally {
    await store.close();
  }
}
