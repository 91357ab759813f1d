import { ServerProcess, StockClient, sleep } from '@syncline/testing';
import { makeBackend } from '@syncline/testing/services';
import { expect, it } from 'vitest';
import * as Y from 'yjs';

const ROUNDS = 30;

/** What a fresh client gets, as a document. */
async function freshDocument(url: string): Promise<Y.Doc> {
  const reader = new StockClient(url, 'document');
  await reader.synced();
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(reader.doc));
  reader.destroy();
  return doc;
}

it('nothing that was shown is lost or doubled when the server is killed, thirty times', async () => {
  const backend = await makeBackend();
  const server = new ServerProcess(backend);
  let shown = new Y.Doc();
  let written = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await server.start();
      const before = await freshDocument(server.url);
      // What anyone saw before the last kill is there, and adding it again changes nothing.
      const text = before.getText('text').toString();
      for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(shown))) {
        expect(Y.getState(before.store, client)).toBeGreaterThanOrEqual(clock);
      }
      Y.applyUpdate(before, Y.encodeStateAsUpdate(shown));
      expect(before.getText('text').toString()).toBe(text);
      expect(before.store.pendingStructs).toBeNull();
      const words = text.match(/<\d+>/g) ?? [];
      expect(new Set(words).size).toBe(words.length);

      const [writer, watcher] = [
        new StockClient(server.url, 'document'),
        new StockClient(server.url, 'document'),
      ];
      await writer.synced();
      await watcher.synced();
      const end = performance.now() + 20 + Math.random() * 250;
      while (performance.now() < end) {
        writer.text.insert(writer.text.length, `<${written++}>`);
        if (round % 3 === 0) {
          // Much that is deleted again: the tail outgrows its checkpoint, and is compacted.
          writer.text.insert(0, 'x'.repeat(20_000));
          writer.text.delete(0, 20_000);
        }
        await sleep(Math.random() * 3);
      }
      await server.kill('SIGKILL');
      // Clients that live on would send again what the server lost.
      shown = new Y.Doc();
      Y.applyUpdate(shown, Y.encodeStateAsUpdate(watcher.doc));
      writer.destroy();
      watcher.destroy();
    }
    expect(written).toBeGreaterThan(ROUNDS);
  } finally {
    await server.kill('SIGKILL');
    await backend.remove();
  }
}, 120_000);
