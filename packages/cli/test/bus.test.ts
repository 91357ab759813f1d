import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bus, DocumentMessage } from '@syncline/bus';
import { RedisBus } from '@syncline/bus-redis';
import { parseDocumentId } from '@syncline/protocol';
import { readFresh, StockClient, TemporaryDirectory, until } from '@syncline/testing';
import { findPostgres, findRedis, randomPrefix, TestDatabase } from '@syncline/testing/services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type Result, syncline } from './command.ts';
import { Running } from './running.ts';
import { Serving } from './serve.ts';

const ID = parseDocumentId('notes/ö 1');
/** A port on which nothing listens. */
const NOBODY = 'redis://:geheim@127.0.0.1:1';

const postgres = await findPostgres();
const redis = await findRedis();

describe.skipIf(postgres === undefined || redis === undefined)('with a bus', () => {
  let database: TestDatabase;
  let files: TemporaryDirectory;
  let env: NodeJS.ProcessEnv;
  const running: Running[] = [];

  beforeAll(async () => {
    database = await TestDatabase.make(postgres as string);
    env = {
      SYNCLINE_STORE: database.url,
      SYNCLINE_BUS: redis as string,
      SYNCLINE_BUS_PREFIX: randomPrefix(),
    };
    expect(await syncline(['migrate'], env)).toMatchObject({ code: 0 });
  });
  beforeEach(async () => {
    files = await TemporaryDirectory.make();
    await writeFile(join(files.path, 'file'), updateOf('hello'));
  });
  afterEach(async () => {
    for (const process of running.splice(0)) await process.stop();
    await database.clear();
    await files.remove();
  });
  afterAll(() => database.drop());

  const run = (...args: string[]): Promise<Result> => syncline(args, env, files.path);

  const start = async (...args: string[]) => {
    const serving = await Serving.start(files.path, args, env);
    running.push(serving);
    return serving;
  };

  /** What a node hears of the document while a task runs, up to the first message of a type. */
  async function heard(
    type: DocumentMessage['type'],
    task: () => Promise<unknown>,
  ): Promise<DocumentMessage | undefined> {
    const messages: DocumentMessage[] = [];
    const node: Bus = await RedisBus.open(redis as string, {
      prefix: env['SYNCLINE_BUS_PREFIX'] as string,
    });
    node.listen({
      onMessage: (_documentId, message) => void messages.push(message),
      onNodeMessage() {},
      onRequest: async (request) => request,
      onMissed() {},
      onNodeGone() {},
    });
    try {
      await node.join(ID);
      await task();
      await until('a node hears of it', () => messages.some((message) => message.type === type));
      return messages.find((message) => message.type === type);
    } finally {
      await node.close();
    }
  }

  /** The result of a command that must succeed without a word on stderr. */
  const quietly = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };

  it('nodes are told when a log is changed past their rooms, and why', async () => {
    const replaced = async (...args: string[]) => {
      const message = await heard('replaced', () => quietly(...args));
      return message?.type === 'replaced' ? message.code : undefined;
    };
    expect(await replaced('import', ID, 'file')).toBe('document-reset');
    expect(await replaced('import', ID, 'file', '--replace')).toBe('document-replaced');
    expect(await replaced('reset', ID)).toBe('document-reset');
    expect(await replaced('delete', ID, '--yes')).toBe('document-deleted');
  });

  it('a checkpoint that a command or a worker makes is told', async () => {
    const server = await start('--compaction', 'off');
    const type = async (text: string) => {
      const client = await new StockClient(server.webSocketUrl, ID).synced();
      for (const letter of text) {
        client.text.insert(client.text.length, letter.repeat(500));
        const { content } = client;
        await until(
          'it is there',
          async () => (await readFresh(server.webSocketUrl, ID)) === content,
        );
      }
      client.destroy();
    };
    const numbers = async () =>
      JSON.parse(await quietly('inspect', ID, '--json')) as { epoch: string; head: number };
    await type('abc');
    const first = await numbers();
    expect(await heard('compacted', () => quietly('compact', ID))).toEqual({
      type: 'compacted',
      epoch: first.epoch,
      seq: first.head,
    });
    await type('def');
    const { epoch, head } = await numbers();
    const work = async () => void running.push(new Running(files.path, ['worker'], env));
    expect(await heard('compacted', work)).toEqual({ type: 'compacted', epoch, seq: head });
  });

  it('two servers serve one document, and a command ends its sessions on both', async () => {
    const servers = [await start(), await start()];
    const clients = await Promise.all(
      servers.map(({ webSocketUrl }) => new StockClient(webSocketUrl, ID).synced()),
    );
    const [ada, bob] = clients as [StockClient, StockClient];
    ada.text.insert(0, 'hello');
    await bob.hasContent('hello');
    bob.text.insert(5, ' world');
    await ada.hasContent('hello world');
    await quietly('delete', ID, '--yes');
    for (const { closeCodes } of clients) {
      await until('its session ended', () => closeCodes.includes(4410));
    }
    for (const client of clients) client.destroy();
    for (const server of servers) {
      server.signal('SIGTERM');
      expect(await server.ended()).toBe(0);
    }
  });

  it('nothing is changed that nodes could not be told', async () => {
    await quietly('import', ID, 'file');
    const { code, stdout, stderr } = await run('delete', ID, '--yes', '--bus', NOBODY);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^syncline: Redis does not answer \(redis:\/\/:…@[^\n]+\n$/);
    expect(await quietly('list', '--names')).toBe(`${ID}\n`);
  });

  it('a server starts without Redis, and says that it is away', async () => {
    const server = await start('--bus', NOBODY);
    await until('it says so', () => server.log.includes('nodes do not hear each other'));
    expect(server.log).toContain('redis://:…@127.0.0.1:1');
    expect(server.log).not.toContain('geheim');
    server.signal('SIGTERM');
    expect(await server.ended()).toBe(0);
  });

  it('a Redis that refuses the login keeps a server from starting', async () => {
    const address = new URL(redis as string);
    address.username = 'nobody_of_that_name';
    address.password = 'geheim';
    const { code, stdout, stderr } = await run('serve', '--port', '0', '--bus', address.href);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^syncline: Redis refuses: [^\n]+$/);
    expect(stderr).not.toContain('geheim');
  });
});

function updateOf(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}
