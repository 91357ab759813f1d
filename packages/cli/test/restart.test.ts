import {
  type Backend,
  readFresh,
  ServerProcess,
  StockClient,
  sleep,
  until,
} from '@syncline/testing';
import { makeBackend } from '@syncline/testing/services';
import { afterEach, beforeEach, expect, it } from 'vitest';

let backend: Backend;
let server: ServerProcess;
let clients: StockClient[];

beforeEach(async () => {
  backend = await makeBackend();
  server = new ServerProcess(backend);
  clients = [];
  await server.start();
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await server.kill('SIGKILL');
  await backend.remove();
});

const client = () => {
  const made = new StockClient(server.url, 'document');
  clients.push(made);
  return made;
};

it('a restart under connected clients doubles nothing', async () => {
  const [ada, bob] = [await client().synced(), await client().synced()];
  ada.text.insert(0, 'hello ');
  await bob.hasContent('hello ');
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    await server.kill(signal);
    ada.text.insert(ada.text.length, 'a');
    bob.text.insert(bob.text.length, 'b');
    await server.start();
    await ada.synced();
    await bob.synced();
  }
  await until('both agree', () => bob.content === ada.content && ada.content.length >= 12);
  expect(ada.content).toHaveLength('hello '.length + 6);
  const content = ada.content;
  for (const gone of clients.splice(0)) gone.destroy();
  await server.kill('SIGTERM');
  await server.start();
  expect(await readFresh(server.url, 'document')).toBe(content);
});

it('a fresh client of a server that has just started never sees an empty document', async () => {
  const ada = await client().synced();
  ada.text.insert(0, 'x'.repeat(100_000));
  await client().hasContent(ada.content);
  for (const gone of clients.splice(0)) gone.destroy();
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await server.kill(signal);
    const seen: number[] = [];
    for (let i = 0; i < 20; i++) {
      const fresh = client();
      fresh.provider.on('sync', (synced: boolean) => synced && seen.push(fresh.content.length));
    }
    await Promise.all([server.start(), sleep(50)]);
    for (const fresh of clients) await fresh.synced();
    expect(seen).toEqual(Array(20).fill(100_000));
    for (const gone of clients.splice(0)) gone.destroy();
  }
});

it('what came before SIGTERM is stored, and clients are told to reconnect', async () => {
  const ada = await client().synced();
  for (let i = 0; i < 500; i++) ada.text.insert(i, 'y');
  const bob = await client()
    .hasContent(ada.content)
    .then(() => clients.at(-1) as StockClient);
  expect(await server.kill('SIGTERM')).toBe(0);
  expect(ada.closeCodes[0]).toBe(1001);
  expect(bob.closeCodes[0]).toBe(1001);
  const content = ada.content;
  for (const gone of clients.splice(0)) gone.destroy();
  await server.start();
  expect(await readFresh(server.url, 'document')).toBe(content);
});
