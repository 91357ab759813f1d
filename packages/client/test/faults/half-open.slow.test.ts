import { readFresh, ServerProcess, TemporaryDirectory } from '@syncline/testing';
import { expect, it } from 'vitest';
import type { Transport } from '../../src/index.ts';
import { atEnd, provide, textOf } from '../harness.ts';
import { FaultyNetwork } from './faulty-network.ts';

it.concurrent.each<Transport>(['web-socket', 'http-stream', 'http-poll'])(
  'a line of %s that carries nothing, and is never closed, is replaced within a minute',
  async (transport) => {
    const data = await TemporaryDirectory.make();
    const server = new ServerProcess(data.path);
    await server.start();
    const network = await FaultyNetwork.start(server.url);
    atEnd(async () => {
      network.close();
      await server.kill('SIGKILL');
      await data.remove();
    });
    const { url } = network;
    const provider = provide({ url, documentId: 'notes', transports: [transport] });
    await provider.whenSynced;
    network.silence('up', 'down');
    const begin = performance.now();
    textOf(provider.doc).insert(0, transport);
    await provider.saved();
    const seconds = (performance.now() - begin) / 1_000;
    console.info(`${transport}: ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(60);
    expect(await readFresh(server.url, 'notes')).toBe(transport);
  },
  120_000,
);
