import { FaultyNetwork, readFresh, ServerProcess, seedOf, sleep, until } from '@syncline/testing';
import { makeBackend } from '@syncline/testing/services';
import { describe, expect, it } from 'vitest';
import { atEnd, provide, serve, textOf } from '../harness.ts';
import { keepPromises } from './promised-marks.ts';

describe('what saved() resolved for', () => {
  it('is in a fresh reader after the server was killed', async () => {
    const seed = seedOf('DURABILITY_SEED');
    console.info(`DURABILITY_SEED=${seed}`);
    expect(await keepPromises({ seed, rounds: 3 })).toBeGreaterThan(10);
  }, 40_000);

  it('was not only sent: a server that is gone has to come back', async () => {
    const backend = await makeBackend();
    atEnd(() => backend.remove());
    const server = new ServerProcess(backend);
    await server.start();
    atEnd(() => server.kill('SIGKILL'));
    const { url } = server;
    const provider = provide({ url, documentId: 'notes', transports: ['web-socket'] });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'x');
    const saved = provider.saved().then(() => 'saved' as const);
    await server.kill('SIGKILL');
    expect(await Promise.race([saved, sleep(500)])).toBeUndefined();
    textOf(provider.doc).insert(1, 'y');
    expect(provider.saveState.state).toBe('offline');
    await server.start();
    await saved;
    await provider.saved();
    await provider.close();
    await server.kill('SIGKILL');
    await server.start();
    expect(await readFresh(url, 'notes')).toBe('xy');
  });

  it.each(['up', 'down'] as const)('came through: not while nothing goes %s', async (direction) => {
    const server = await serve();
    const network = await FaultyNetwork.start(server.url);
    atEnd(() => network.close());
    const { url } = network;
    const provider = provide({ url, documentId: 'notes', transports: ['web-socket'] });
    await provider.whenSynced;
    const cut = network.silence(direction);
    textOf(provider.doc).insert(0, 'x');
    const saved = provider.saved().then(() => 'saved' as const);
    expect(await Promise.race([saved, sleep(500)])).toBeUndefined();
    expect(provider.saveState.state).toBe('saving');
    cut();
    await until('it is offline', () => provider.saveState.state === 'offline');
    await saved;
    expect(await readFresh(server.url.replace('http', 'ws'), 'notes')).toBe('x');
  });
});
