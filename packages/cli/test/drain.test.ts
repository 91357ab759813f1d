import { StockClient, TemporaryDirectory, until } from '@syncline/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Serving } from './serve.ts';

let folder: TemporaryDirectory;
let serving: Serving;
let client: StockClient;

beforeEach(async () => {
  folder = await TemporaryDirectory.make();
  serving = await Serving.start(folder.path, ['--drain', '600']);
  client = new StockClient(serving.webSocketUrl, 'document');
});
afterEach(async () => {
  client.destroy();
  await serving.stop();
  await folder.remove();
});

it('a signal begins the drain, and a second one ends it', async () => {
  await client.synced();
  serving.signal('SIGTERM');
  await until('it is not ready', async () => (await fetch(`${serving.url}/readyz`)).status === 503);
  expect(client.closeCodes).toEqual([]);
  serving.signal('SIGINT');
  await until('it has stopped', () => serving.log.includes('"msg":"stopped"'));
  await until('the client was told', () => client.closeCodes.includes(1001));
});
