import {
  loadTrace,
  readFresh,
  ServerProcess,
  StockClient,
  TemporaryDirectory,
  until,
} from '@syncline/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as Y from 'yjs';
import { replay } from './replay.ts';

let data: TemporaryDirectory;
let server: ServerProcess;

beforeEach(async () => {
  data = await TemporaryDirectory.make();
  server = new ServerProcess(data);
  await server.start();
});
afterEach(async () => {
  await server.kill('SIGKILL');
  await data.remove();
});

const trace = loadTrace('rustcode');

/**
 * Types the trace in; gives the size of the document's fresh encoding, in bytes. What is typed takes
 * more than the folder may take in the end.
 */
async function typeIn(): Promise<number> {
  const [client] = (await replay(server, trace, {
    documentId: 'document',
    clients: 1,
    turn: 2_000,
  })) as [StockClient];
  const watcher = new StockClient(server.url, 'document');
  await watcher.hasContent(trace.endContent);
  for (const gone of [client, watcher]) gone.destroy();
  const encoding = Y.encodeStateAsUpdate(watcher.doc).length;
  const metrics = await (await fetch(`${server.httpUrl}/metrics`)).text();
  const bytesIn = Number(/^syncline_bytes_in_total (\d+)$/m.exec(metrics)?.[1]);
  expect(bytesIn).toBeGreaterThan(2 * encoding + 64 * 1024);
  return encoding;
}

const shrinksBelow = (bytes: number) =>
  until('the data folder has shrunk', async () => (await data.size()) <= bytes, 30_000);

it('a document that nobody opens again takes little more than its fresh encoding', async () => {
  const encoding = await typeIn();
  await shrinksBelow(2 * encoding + 64 * 1024);
  expect(await readFresh(server.url, 'document')).toBe(trace.endContent);
}, 90_000);

it('so does one whose server was killed right after the typing', async () => {
  const encoding = await typeIn();
  await server.kill('SIGKILL');
  await server.start();
  await shrinksBelow(2 * encoding + 64 * 1024);
  expect(await readFresh(server.url, 'document')).toBe(trace.endContent);
}, 90_000);
