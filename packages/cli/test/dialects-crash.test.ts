import {
  HocuspocusClient,
  readFresh,
  ServerProcess,
  StockClient,
  SynclineClient,
  type SynclineSession,
  sleep,
  until,
} from '@syncline/testing';
import { makeBackend } from '@syncline/testing/services';
import { expect, it } from 'vitest';
import type * as Y from 'yjs';

const ROUNDS = 6;
const TRANSPORTS = ['websocket', 'http-stream', 'http-poll'] as const;

/** A client of any dialect: comes back, and knows what is saved, as far as its dialect tells. */
interface Editor {
  readonly name: string;
  readonly text: Y.Text;
  readonly content: string;
  /** Whether the server said that all is durable; undefined where the dialect does not say. */
  isSaved(): boolean | undefined;
  comeBack(): Promise<void>;
  destroy(): void;
}

/** These come back by themselves. */
function stockEditors(url: string): Editor[] {
  const stock = ([2, 3] as const).map((version): [string, StockClient] => [
    `y${version}`,
    new StockClient(url, 'document', { version }),
  ]);
  const hocuspocus = ([3, 4] as const).map((version): [string, HocuspocusClient] => [
    `h${version}`,
    new HocuspocusClient(url, 'document', { version }),
  ]);
  return [...stock, ...hocuspocus].map(([name, client]) => ({
    name,
    text: client.text,
    get content() {
      return client.content;
    },
    isSaved: () => (client instanceof HocuspocusClient ? client.unsyncedChanges === 0 : undefined),
    comeBack: async () => void (await client.synced()),
    destroy: () => client.destroy(),
  }));
}

/** These attach anew, with what a client would have stored. */
async function synclineEditor(
  url: string,
  transport: (typeof TRANSPORTS)[number],
): Promise<Editor> {
  let client = await SynclineClient.connect(url, { transport });
  let session: SynclineSession = await (await client.attach('document')).synced();
  return {
    name: transport,
    text: session.text,
    get content() {
      return session.content;
    },
    isSaved: () => session.state === 'attached' && session.unsaved === 0,
    comeBack: async () => {
      await until('it has noticed', () => client.ended !== undefined);
      const { doc, epoch, cursor } = session;
      client = await SynclineClient.connect(url, { transport });
      session = await client.attach('document', { doc, epoch, since: cursor });
      await session.synced();
      expect(session.state).toBe('attached');
    },
    destroy: () => client.destroy(),
  };
}

const wordsOf = (content: string): string[] => content.match(/<[^>]+>/g) ?? [];

/**
 * Everybody types for a while, and at least until something is saved: who can tell waits for that after
 * every third word. Returns what must be there whatever happens to the server now.
 */
async function typeForAWhile(editors: readonly Editor[], round: number): Promise<Set<string>> {
  const durable = new Set<string>();
  const own = new Map<Editor, string[]>(editors.map((editor) => [editor, []]));
  const end = performance.now() + 100 + Math.random() * 300;
  for (let count = 0; performance.now() < end || durable.size === 0; count++) {
    for (const [editor, words] of own) {
      if (editor.isSaved() === true) for (const word of words) durable.add(word);
      if (editor.isSaved() === false && words.length % 3 === 0) continue;
      const word = `<${editor.name}:${round}:${count}>`;
      editor.text.insert(editor.text.length, word);
      words.push(word);
      await sleep(Math.random() * 4);
    }
  }
  const saved = durable.size;
  for (const [editor, words] of own) {
    for (const word of wordsOf(editor.content)) if (!words.includes(word)) durable.add(word);
  }
  expect(durable.size).toBeGreaterThan(saved);
  return durable;
}

async function openEditors(url: string): Promise<Editor[]> {
  const editors = stockEditors(url);
  for (const editor of editors) await editor.comeBack();
  for (const transport of TRANSPORTS) editors.push(await synclineEditor(url, transport));
  return editors;
}

async function withServer(test: (server: ServerProcess) => Promise<void>): Promise<void> {
  const backend = await makeBackend();
  const server = new ServerProcess(backend);
  try {
    await server.start();
    await test(server);
  } finally {
    await server.kill('SIGKILL');
    await backend.remove();
  }
}

it('what clients of all dialects were shown or told to be saved survives kills', async () => {
  await withServer(async (server) => {
    for (let round = 0; round < ROUNDS; round++) {
      const editors = await openEditors(server.url);
      const durable = await typeForAWhile(editors, round);
      await server.kill('SIGKILL');
      // Clients that live on would send again what the server lost.
      for (const editor of editors) editor.destroy();
      await server.start();
      const words = wordsOf(await readFresh(server.url, 'document'));
      expect(words).toEqual(expect.arrayContaining([...durable]));
      expect(new Set(words).size).toBe(words.length);
    }
  });
}, 60_000);

it('clients of all dialects come back after kills with what they wrote, and agree', async () => {
  await withServer(async (server) => {
    const editors = await openEditors(server.url);
    try {
      for (let round = 0; round < ROUNDS / 2; round++) {
        await typeForAWhile(editors, round);
        await server.kill('SIGKILL');
        for (const { name, text } of editors) text.insert(0, `<${name}:offline:${round}>`);
        const written = new Set(editors.flatMap(({ content }) => wordsOf(content)));
        await server.start();
        await Promise.all(editors.map((editor) => editor.comeBack()));
        await until('all is saved', () => editors.every((editor) => editor.isSaved() !== false));
        await until('all agree', () => new Set(editors.map(({ content }) => content)).size === 1);
        const fresh = await readFresh(server.url, 'document');
        expect(fresh).toBe(editors[0]?.content);
        expect(wordsOf(fresh).toSorted()).toEqual([...written].toSorted());
      }
    } finally {
      for (const editor of editors) editor.destroy();
    }
  });
}, 60_000);
