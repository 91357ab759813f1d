import { randomBytes } from 'node:crypto';
import { FaultyNetwork } from '@syncline/testing';
import { expect, it } from 'vitest';
import { atEnd, provide, serve, textOf } from '../harness.ts';

it('a document that takes longer to come than a provider is patient is loaded at once', async () => {
  const { url } = await serve();
  const writer = provide({ url, documentId: 'large' });
  await writer.whenSynced;
  for (let i = 0; i < 20; i++) {
    textOf(writer.doc).insert(0, randomBytes(75_000).toString('base64'));
    await writer.saved();
  }
  const network = await FaultyNetwork.start(url);
  atEnd(() => network.close());
  // About 60 kB a second.
  network.latencyMs = 20;
  network.pieceBytes = 1_200;
  const reader = provide({ url: network.url, documentId: 'large', transports: ['web-socket'] });
  const states: string[] = [];
  reader.on('state', ({ status }) => states.push(status));
  const begin = performance.now();
  await reader.whenSynced;
  const seconds = (performance.now() - begin) / 1_000;
  console.info(`${seconds.toFixed(1)} s`);
  expect(seconds).toBeGreaterThan(25);
  expect(states.filter((status) => status === 'offline')).toEqual([]);
  expect(textOf(reader.doc).length).toBe(textOf(writer.doc).length);
}, 120_000);
