import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  readFresh,
  ServerProcess,
  StockClient,
  TemporaryDirectory,
  until,
} from '@syncline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeveldbPersistence } from 'y-leveldb';
import * as Y from 'yjs';
import { syncline } from './command.ts';

const ID = 'notes/ö 1';

let data: TemporaryDirectory;
/** Where what is exported and imported lies. */
let files: TemporaryDirectory;
let server: ServerProcess;
let clients: StockClient[];

beforeEach(async () => {
  data = await TemporaryDirectory.make();
  files = await TemporaryDirectory.make();
  server = new ServerProcess(data);
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await server.kill('SIGKILL');
  await data.remove();
  await files.remove();
});

/** Runs a command on the folder, or on the server when that runs; it must succeed. */
async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await syncline([...args, ...target()]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

async function runJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await run(...args, '--json')) as T;
}

/** Runs a command that fails, and gives what it says. */
async function fail(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await syncline([...args, ...target()]);
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^syncline: [^\n]+\n$/);
  return stderr;
}

function target(): string[] {
  return server.pid === undefined ? ['--data', data.path] : ['--url', server.httpUrl];
}

async function stop(): Promise<void> {
  expect(await server.kill('SIGTERM')).toBe(0);
  server = new ServerProcess(data);
}

async function connect(documentId: string): Promise<StockClient> {
  const client = new StockClient(server.url, documentId);
  clients.push(client);
  return await client.synced();
}

/** A document with deletions, nested types and formats, by two clients. */
function sample(): Y.Doc {
  const ada = new Y.Doc();
  const bob = new Y.Doc();
  ada.getText('text').insert(0, 'hello wonderful world');
  ada.getText('text').delete(6, 10);
  ada.getMap('map').set('nested', new Y.Array());
  Y.applyUpdate(bob, Y.encodeStateAsUpdate(ada));
  bob.getText('text').format(0, 5, { bold: true });
  bob.getMap('map').set('key', 1);
  bob.getMap('map').set('key', 2);
  Y.applyUpdate(ada, Y.encodeStateAsUpdate(bob));
  return ada;
}

async function fileWith(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(files.path, name);
  await writeFile(path, bytes);
  return path;
}

describe.each(['offline', 'through the server'])('%s', (way) => {
  let sampleFile: string;
  let state: Uint8Array;
  let outFile: string;

  beforeEach(async () => {
    const doc = sample();
    state = Y.encodeStateAsUpdate(doc);
    sampleFile = await fileWith('sample.bin', state);
    outFile = `${sampleFile}.syncline`;
    if (way === 'through the server') await server.start();
    await run('import', ID, sampleFile);
  });

  it('a document comes out as it went in, byte for byte', async () => {
    expect(await run('export', ID, '--out', outFile)).toMatch(/^Exported notes\/ö 1 to .+ B\n$/);
    await run('import', 'copy', outFile);
    for (const name of [ID, 'copy']) {
      await run('export', name, '--yjs', '--out', sampleFile);
      expect(new Uint8Array(await readFile(sampleFile))).toEqual(state);
    }
    // Once more, through stdout: a container again.
    const { stdout } = await syncline(['export', 'copy', ...target()]);
    expect(stdout).toContain('{"documentId":"copy","epoch":"');
    if (way === 'offline') await server.start();
    expect(await readFresh(server.url, 'copy')).toBe('hello world');
  });

  it('inspect and list show the same numbers, for people and as JSON', async () => {
    const report = await runJson<Record<string, unknown>>('inspect', ID);
    expect(report).toEqual({
      documentId: ID,
      epoch: expect.stringMatching(/^[0-9a-f]+$/),
      head: 1,
      floor: 2,
      entries: 0,
      entryBytes: 0,
      checkpoint: { seq: 1, bytes: state.length },
      setAside: 0,
      sessions: 0,
    });
    await run('import', 'b', sampleFile);
    const lines = (await run('list', '--json')).trimEnd().split('\n');
    const listed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(listed).toHaveLength(2);
    expect(listed).toContainEqual(expect.objectContaining({ documentId: 'b' }));
    expect(listed).toContainEqual(report);
    expect((await run('list', '--names')).trimEnd().split('\n').toSorted()).toEqual(['b', ID]);
    const table = await run('list');
    expect(table).toMatch(/^ +SIZE +HEAD +TAIL +SESSIONS {2}DOCUMENT\n/);
    expect(table).toContain(`${state.length} B          1         0         0  ${ID}\n`);
    expect(table).toContain(`2 documents, ${2 * state.length} B\n`);
    const shown = await run('inspect', ID);
    expect(shown).toContain(`document    ${ID}\n`);
    expect(shown).toContain(`checkpoint  at 1, ${state.length} B\n`);
  });

  it('import leaves a document that is there alone, unless told to replace it', async () => {
    const other = new Y.Doc();
    other.getText('text').insert(0, 'other');
    const otherFile = await fileWith('other.bin', Y.encodeStateAsUpdate(other));
    const before = await runJson<{ epoch: string }>('inspect', ID);
    expect(await fail('import', ID, otherFile)).toContain('--replace');
    expect(await runJson('inspect', ID)).toEqual(before);
    await run('import', ID, otherFile, '--replace');
    const after = await runJson<{ epoch: string }>('inspect', ID);
    expect(after.epoch).not.toBe(before.epoch);
    await run('export', ID, '--yjs', '--out', outFile);
    expect(new Uint8Array(await readFile(outFile))).toEqual(Y.encodeStateAsUpdate(other));
  });

  it('reset keeps the content and gives a new epoch', async () => {
    const before = await runJson<{ epoch: string }>('inspect', ID);
    const { epoch } = await runJson<{ epoch: string }>('reset', ID);
    expect(epoch).not.toBe(before.epoch);
    expect(await runJson('inspect', ID)).toMatchObject({ epoch, head: 1 });
    await run('export', ID, '--yjs', '--out', outFile);
    expect(new Uint8Array(await readFile(outFile))).toEqual(state);
  });

  it('delete removes a document, and does not without --yes where it cannot ask', async () => {
    const refused = await syncline(['delete', ID, ...target()]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('--yes');
    expect(await run('list', '--names')).toBe(`${ID}\n`);
    expect(await run('delete', ID, '--yes')).toBe(`Deleted ${ID}\n`);
    expect(await run('list', '--names')).toBe('');
    expect(await run('list')).toBe('No documents\n');
  });

  it('every command says in one line that there is no such document', async () => {
    for (const command of ['inspect', 'compact', 'export', 'reset', 'delete']) {
      const flags = command === 'delete' ? ['--yes'] : [];
      expect(await fail(command, 'nothing', ...flags)).toBe(
        'syncline: there is no document "nothing"\n',
      );
    }
  });

  it('a file that is no document is refused in one line', async () => {
    for (const bytes of [[], [1, 2, 3], [0x89, 0x53, 0x59, 0x4e, 0x43, 10]]) {
      const path = await fileWith('bad.bin', Uint8Array.from(bytes));
      await fail('import', 'bad', path);
    }
    await fail('import', 'bad', '/nonexistent');
    expect(await run('list', '--names')).toBe(`${ID}\n`);
  });
});

it('compact merges what clients typed, one document or all that changed', async () => {
  await server.start();
  const type = async (name: string) => {
    const client = await connect(name);
    for (let i = 0; i < 50; i++) {
      client.text.insert(client.text.length, `${name}${i} `);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    client.text.delete(0, client.text.length - 10);
  };
  await type('a');
  interface Report {
    readonly entries: number;
    readonly sessions: number;
  }
  // Soon, since the server itself merges what is quiet for a while.
  let report: Report | undefined;
  await until('it is stored', async () => {
    report = await runJson<Report>('inspect', 'a');
    return report.entries > 2;
  });
  expect(report?.sessions).toBe(1);
  expect(await run('compact', 'a')).toMatch(/^a: merged \d+ entries, .+ → .+\n$/);
  expect((await runJson<Report>('inspect', 'a')).entries).toBe(0);
  expect(await run('compact', 'a')).toBe('a: there is nothing to compact\n');
  const ada = clients[0] as StockClient;
  ada.text.insert(0, '!');
  // The server itself would merge them when they are quiet for a while; it is stopped before.
  await type('b');
  await type('c');
  for (const client of clients) await readFresh(server.url, client.provider.roomname);
  const contents = clients.map(({ content }) => content);
  for (const client of clients) client.destroy();
  await stop();
  const all = await runJson<Record<string, number>>('compact');
  expect(all).toMatchObject({ compacted: 3, failed: 0, setAside: 0 });
  expect(all['bytesAfter']).toBeLessThan(all['bytesBefore'] as number);
  expect(await run('compact')).toBe('Compacted 0 documents\n');
  expect(await run('list', '--changed')).toBe('No document changed\n');
  await server.start();
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    expect(await readFresh(server.url, name)).toBe(contents[index]);
  }
});

it('a folder that a server has open is named, with what to do instead', async () => {
  await server.start();
  const { code, stderr } = await syncline(['list', '--data', data.path]);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `syncline: the data folder ${data.path} is in use by another process; ` +
      'ask the running server instead with --url http://127.0.0.1:1234\n',
  );
});

it('a folder without documents is not made by looking for them', async () => {
  const path = join(data.path, 'typo');
  const { code, stderr } = await syncline(['list', '--data', path]);
  expect(code).toBe(1);
  expect(stderr).toContain('there is no data folder');
  await expect(readFile(join(path, 'CURRENT'))).rejects.toThrow('ENOENT');
});

it('a server that is not there is named in one line', async () => {
  const { code, stderr } = await syncline(['list', '--url', 'http://127.0.0.1:65000']);
  expect(code).toBe(1);
  expect(stderr).toBe(
    'syncline: the server at http://127.0.0.1:65000 does not answer (ECONNREFUSED)\n',
  );
});

it.each([
  [['inspect'], 'an argument is missing'],
  [['inspect', 'a', 'b'], '"b" is one argument too many'],
  [['list', '--url', 'localhost:1234'], '--url must be like'],
  [['import', 'a'], 'import takes'],
  [['import', '--from', 'redis', 'dir'], '--from must be y-leveldb'],
  [['export', 'a', '--json'], '--json needs --out'],
])('%j is answered with one line and exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await syncline(args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(new RegExp(`^syncline: [^\n]+ See syncline ${args[0]} --help\\.\n$`));
  expect(stderr).toContain(message);
});

it('every command has help with an example', async () => {
  const { stdout } = await syncline(['--help']);
  const names = [...stdout.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}/gm)].map(
    ([, name]) => name as string,
  );
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) {
    const { code, stdout: help } = await syncline([...name.split(' '), '--help']);
    expect(code).toBe(0);
    expect(help).toMatch(new RegExp(`^Usage: syncline ${name} `));
    expect(help).toMatch(new RegExp(`Examples?:\n  syncline ${name}`));
    expect(help).toMatch(/ --(data DIR|store URL|url URL|config FILE) /);
  }
});

describe('verify', () => {
  it('finds nothing in a whole folder, and says what it read', async () => {
    await run('import', ID, await fileWith('sample.bin', Y.encodeStateAsUpdate(sample())));
    expect(await run('verify')).toMatch(/^Verified 1 document, \d+ records, \d+ B\n$/);
    expect(await runJson('verify')).toMatchObject({ documents: 1, findings: [], complete: true });
  });

  it('finds a changed byte, and takes out what it damaged', async () => {
    for (const name of ['a', 'b', 'c']) {
      await run('import', name, await fileWith('sample.bin', Y.encodeStateAsUpdate(sample())));
    }
    const logs = (await readdir(data.path)).filter((name) => /\.(log|ldb)$/.test(name));
    const marked = await Promise.all(
      logs.map(async (name) => {
        const path = join(data.path, name);
        const bytes = await readFile(path);
        return { path, bytes, at: bytes.indexOf('hello') };
      }),
    );
    const { path, bytes, at } = marked.find((file) => file.at > 0) as (typeof marked)[0];
    bytes[at] = (bytes[at] as number) ^ 1;
    await writeFile(path, bytes);

    const found = await syncline(['verify', '--data', data.path]);
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/^damage: /);
    expect(found.stderr).toMatch(/^syncline: [^\n]+ is damaged: [^\n]+--repair[^\n]+\n$/);
    expect(await run('verify', '--repair')).toMatch(/Verified \d documents?, /);
    expect(await runJson('verify')).toMatchObject({ findings: [], complete: true });
    await run('list');
    expect(await readdir(data.path)).toContain('damaged');
  });

  it('needs the folder for itself', async () => {
    await server.start();
    const { code, stderr } = await syncline(['verify', '--data', data.path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^syncline: [^\n]+ is in use by another process\. Stop [^\n]+\n$/);
  });
});

describe('import from y-leveldb', () => {
  it('takes all documents, with their names decoded', async () => {
    const old = await TemporaryDirectory.make();
    const persistence = new LeveldbPersistence(old.path);
    const contents = new Map<string, Y.Doc>();
    for (const name of ['plain', 'a b/ö', '50%', 'x'.repeat(200)]) {
      const doc = new Y.Doc();
      const stored = name === '50%' ? name : encodeURIComponent(name);
      const writes: Promise<unknown>[] = [];
      doc.on('update', (update: Uint8Array) => {
        writes.push(persistence.storeUpdate(stored, update));
      });
      for (let i = 0; i < 300; i++) doc.getText('text').insert(i, 'abc'.charAt(i % 3));
      doc.getText('text').delete(3, 200);
      doc.getMap('map').set('key', name);
      await Promise.all(writes);
      if (name === 'plain') await persistence.flushDocument(stored);
      await persistence.setMeta(stored, 'owner', 'ada');
      contents.set(name, doc);
    }
    await persistence.destroy();

    // Into a folder that is not there yet.
    await data.remove();
    expect(await run('import', '--from', 'y-leveldb', old.path)).toMatch(
      /^Imported 4 documents: \d+ B\n$/,
    );
    expect(await run('import', '--from', 'y-leveldb', old.path, '--replace')).toContain('4 doc');
    const again = await syncline(['import', '--from', 'y-leveldb', old.path, ...target()]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('plain was not imported: there is a document "plain" already\n');
    expect(again.stderr).toMatch(/\nsyncline: 4 documents could not be imported[^\n]*\n$/);

    const names = (await run('list', '--names')).trimEnd().split('\n');
    expect(names.toSorted()).toEqual([...contents.keys()].toSorted());
    await server.start();
    for (const [name, doc] of contents) {
      const client = await connect(name);
      expect(client.content).toBe(doc.getText('text').toString());
      expect(client.doc.getMap('map').toJSON()).toEqual({ key: name });
      expect(Y.encodeStateAsUpdate(client.doc)).toEqual(Y.encodeStateAsUpdate(doc));
    }
    await old.remove();
  });

  it('says in one line that a folder is none of y-leveldb', async () => {
    expect(await fail('import', '--from', 'y-leveldb', join(data.path, 'none'))).toContain(
      'is no folder of y-leveldb',
    );
    const other = await TemporaryDirectory.make();
    await run('import', ID, await fileWith('sample.bin', Y.encodeStateAsUpdate(sample())));
    expect(
      (await syncline(['import', '--from', 'y-leveldb', data.path, '--data', other.path])).stderr,
    ).toContain('has no documents of y-leveldb');
    await other.remove();
  });
});
