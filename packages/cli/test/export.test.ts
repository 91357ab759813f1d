import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadTrace, ServerProcess, StockClient, TemporaryDirectory } from '@syncline/testing';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import * as ywasm from 'ywasm';
import { replay } from './replay.ts';

const COMMAND = fileURLToPath(new URL('../bin/syncline.js', import.meta.url));

it('yjs and ywasm read an exported document alike', async () => {
  const data = await TemporaryDirectory.make();
  const exports = await TemporaryDirectory.make();
  const server = new ServerProcess(data);
  await server.start();
  try {
    const trace = loadTrace('sveltecomponent');
    const short = { ...trace, txns: trace.txns.slice(0, 4_000) };
    const clients = await replay(server, short, { documentId: 'text', clients: 2, turn: 400 });
    const content = clients[0]?.content;
    const rich = new StockClient(server.url, 'rich');
    await rich.synced();
    rich.text.insert(0, 'bold 😀 text', { bold: true });
    rich.doc.getMap('map').set('nested', new Y.Map([['list', Y.Array.from([1, 'two', null])]]));
    rich.doc.getMap('map').delete('nothing');
    const watcher = new StockClient(server.url, 'rich');
    await watcher.hasContent(rich.content);
    for (const client of [...clients, rich, watcher]) client.destroy();

    for (const name of ['text', 'rich']) {
      const file = join(exports.path, name);
      const args = [COMMAND, 'export', name, '--yjs', '--out', file, '--url', server.httpUrl];
      await promisify(execFile)(process.execPath, args);
      const update = new Uint8Array(await readFile(file));
      const doc = new Y.Doc();
      Y.applyUpdate(doc, update);
      const other = new ywasm.YDoc({});
      ywasm.applyUpdate(other, update, undefined);
      const text = doc.getText('text').toString();
      expect(text).toBe(name === 'text' ? content : 'bold 😀 text');
      expect(other.getText('text').toString(undefined)).toBe(text);
      expect(other.getMap('map').toJson(undefined)).toEqual(doc.getMap('map').toJSON());
      const clocks = Y.decodeStateVector(Y.encodeStateVector(doc));
      expect(Y.decodeStateVector(ywasm.encodeStateVector(other))).toEqual(clocks);
    }
  } finally {
    await server.kill('SIGKILL');
    await data.remove();
    await exports.remove();
  }
}, 60_000);
