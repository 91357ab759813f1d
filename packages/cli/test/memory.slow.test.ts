import { parseDocumentId } from '@syncline/protocol';
import { LevelStore } from '@syncline/storage-level';
import {
  anonymousMemory,
  RawClient,
  ServerProcess,
  sleep,
  TemporaryDirectory,
} from '@syncline/testing';
import { expect, it } from 'vitest';
import * as Y from 'yjs';

const MIB = 1024 * 1024;

/** An update of about 2 KB. */
function smallDocument(): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'y'.repeat(2_000));
  return Y.encodeStateAsUpdate(doc);
}

/** Stores so many documents, as checkpoints of an earlier server. */
async function fill(directory: string, count: number): Promise<void> {
  const store = await LevelStore.open(directory);
  const update = smallDocument();
  for (let from = 0; from < count; from += 1_000) {
    await store.append(
      Array.from({ length: Math.min(1_000, count - from) }, (_, index) => ({
        documentId: parseDocumentId(`document ${from + index}`),
        entries: [{ update, author: '', time: 0 }],
      })),
    );
  }
  await store.close();
}

/** The memory of a server with so many documents stored and a hundred of them open. */
async function memoryWith(stored: number): Promise<number> {
  const data = await TemporaryDirectory.make();
  await fill(data.path, stored);
  const server = new ServerProcess(data);
  await server.start();
  try {
    await sleep(2_000);
    const clients = await openDocuments(server, 0, 100);
    await sleep(3_000);
    const bytes = await anonymousMemory(server.pid as number);
    for (const client of clients) client.destroy();
    return bytes;
  } finally {
    await server.kill('SIGKILL');
    await data.remove();
  }
}

async function openDocuments(server: ServerProcess, from: number, count: number) {
  return await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const client = await RawClient.connect(server.url, `document ${from + index}`);
      client.send([0, 0, 1, 0]);
      await client.frame(0, 1);
      return client;
    }),
  );
}

it('a hundred thousand stored documents cost the memory of a hundred', async () => {
  const few = await memoryWith(100);
  const many = await memoryWith(100_000);
  console.info(`RssAnon ${(few / MIB).toFixed(1)} MiB and ${(many / MIB).toFixed(1)} MiB`);
  expect(many - few).toBeLessThan(30 * MIB);
}, 300_000);

it('ten thousand documents that are opened and closed leave no memory behind', async () => {
  const data = await TemporaryDirectory.make();
  await fill(data.path, 10_000);
  const server = new ServerProcess(data);
  // With little room the collector runs often, so that what is seen is what is kept.
  const { NODE_OPTIONS } = process.env;
  process.env['NODE_OPTIONS'] = '--max-old-space-size=40 --max-semi-space-size=2';
  await server.start();
  if (NODE_OPTIONS === undefined) delete process.env['NODE_OPTIONS'];
  else process.env['NODE_OPTIONS'] = NODE_OPTIONS;
  try {
    const sizes: number[] = [];
    for (let from = 0; from < 10_000; from += 50) {
      const clients = await openDocuments(server, from, 50);
      for (const client of clients) client.destroy();
      if (from % 2_500 === 2_450) {
        await sleep(35_000); // rooms unload 30 s after the last session
        sizes.push(await anonymousMemory(server.pid as number));
      }
    }
    console.info(`RssAnon ${sizes.map((size) => (size / MIB).toFixed(1)).join(', ')} MiB`);
    expect((sizes.at(-1) as number) - (sizes[0] as number)).toBeLessThan(15 * MIB);
  } finally {
    await server.kill('SIGKILL');
    await data.remove();
  }
}, 300_000);
