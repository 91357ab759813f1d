import { until } from '@syncline/testing';
import { expect, it } from 'vitest';
import { startNodes } from '../../server/test/balanced-nodes.ts';
import { hasText, provide, stockClient, textOf } from './harness.ts';

it.each(['http-stream', 'http-poll'] as const)(
  'by %s it works through a load balancer that is not sticky, and goes to another node when one stops',
  async (transport) => {
    const { urls, servers, balancer } = await startNodes(2);
    const documentId = 'notes';
    const provider = provide({ url: balancer.url, documentId, transports: [transport] });
    await until('it is live', () => provider.state.status === 'live');
    const other = await stockClient(urls[0], documentId);
    for (let i = 0; i < 10; i++) {
      textOf(provider.doc).insert(0, 'a');
      other.text.insert(0, 'b');
      await until('both have both', () => textOf(provider.doc).toString() === other.content);
    }
    await provider.saved();
    expect(other.content).toHaveLength(20);
    expect(balancer.counts.get(urls[1])).toBeGreaterThan(3);

    const content = other.content;
    other.destroy();
    balancer.targets = [urls[1]];
    const closing = servers[0]?.close();
    textOf(provider.doc).insert(0, 'c');
    await closing;
    textOf(provider.doc).insert(0, 'd');
    await provider.saved();
    const fresh = await stockClient(urls[1], documentId);
    await hasText(fresh, `dc${content}`);
  },
);
