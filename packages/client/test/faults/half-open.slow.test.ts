import { FaultyNetwork, readFresh, ServerProcess, TemporaryDirectory } from '@syncline/testing';
import { expect, it } from 'vitest';
import { atEnd, provide, textOf } from '../harness.ts';

const TRANSPORTS = ['web-socket', 'http-stream', 'http-poll'] as const;

it('lines that carry nothing, and are never closed, are replaced within a minute', async () => {
  const data = await TemporaryDirectory.make();
  atEnd(() => data.remove());
  const server = new ServerProcess(data);
  await server.start();
  atEnd(() => server.kill('SIGKILL'));
  const network = await FaultyNetwork.start(server.url);
  atEnd(() => network.close());
  const { url } = network;
  const providers = TRANSPORTS.map((transport) =>
    provide({ url, documentId: transport, transports: [transport] }),
  );
  await Promise.all(providers.map((provider) => provider.whenSynced));
  network.silence('up', 'down');
  const begin = performance.now();
  await Promise.all(
    providers.map(async (provider) => {
      textOf(provider.doc).insert(0, 'x');
      await provider.saved();
      const seconds = (performance.now() - begin) / 1_000;
      console.info(`${provider.documentId}: ${seconds.toFixed(1)} s`);
      expect(seconds).toBeLessThan(60);
    }),
  );
  for (const transport of TRANSPORTS) expect(await readFresh(server.url, transport)).toBe('x');
}, 120_000);
