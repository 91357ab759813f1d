import { until } from '@syncline/testing';
import { describe, expect, it, vi } from 'vitest';
import { atEnd, hasText, provide, serve, textOf } from './harness.ts';
import { Proxy } from './link/proxy.ts';

/** What a buffering proxy does that lets no WebSocket through. */
async function buffering(url: string): Promise<Proxy> {
  const proxy = await Proxy.start(url);
  proxy.webSockets = 'refuse';
  proxy.fateOf = () => 'buffer';
  return proxy;
}

const streams = ({ requests }: Proxy): number =>
  requests.filter((request) => request.includes('mode=stream')).length;

describe('a provider behind a proxy', () => {
  it('that buffers answers and lets no WebSocket through takes polls, in one round', async () => {
    const { url } = await serve();
    const proxy = await buffering(url);
    const begun = Date.now();
    const provider = provide({ url: proxy.url, documentId: 'notes' });
    await provider.whenSynced;
    // 5 s until the stream is known to be held back, and no waits between the transports.
    expect(Date.now() - begun).toBeLessThan(8_000);
    expect(provider.connection.transport).toBe('http-poll');
    expect([proxy.upgrades, streams(proxy)]).toEqual([1, 1]);
    textOf(provider.doc).insert(0, 'by polls');
    await provider.saved();
    const other = provide({ url, documentId: 'notes' });
    await hasText(other, 'by polls');
    textOf(other.doc).insert(0, 'x'.repeat(1_000_000));
    await hasText(provider, `${'x'.repeat(1_000_000)}by polls`);

    // What worked is known.
    provider.disconnect();
    provider.connect();
    await until('it is back', () => provider.synced);
    expect(provider.connection.transport).toBe('http-poll');
    expect([proxy.upgrades, streams(proxy)]).toEqual([1, 1]);
  }, 30_000);

  it('that opens WebSockets and lets nothing through takes the next transport', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { url } = await serve();
    const proxy = await Proxy.start(url);
    proxy.webSockets = 'silence';
    const provider = provide({ url: proxy.url, documentId: 'notes' });
    const isSaid = () => provider.state.status === 'authenticating';
    await vi.waitFor(() => expect(isSaid()).toBe(true), { timeout: 5_000 });
    vi.advanceTimersByTime(10_100);
    vi.useRealTimers();
    await provider.whenSynced;
    expect([provider.connection.transport, proxy.upgrades]).toEqual(['http-stream', 1]);
  });

  it('that is left before anything came is tried by the same transport again', async () => {
    const { url } = await serve();
    const proxy = await Proxy.start(url);
    proxy.webSockets = 'silence';
    const provider = provide({ url: proxy.url, documentId: 'notes' });
    await until('hello is said', () => provider.state.status === 'authenticating');
    provider.disconnect();
    proxy.webSockets = 'pass';
    provider.connect();
    await provider.whenSynced;
    expect(provider.connection.transport).toBe('web-socket');
    expect(proxy.requests).toEqual([]);
  });

  it('comes back by WebSocket when the server was away', async () => {
    const { url } = await serve();
    const proxy = await Proxy.start(url);
    const provider = provide({ url: proxy.url, documentId: 'notes' });
    await provider.whenSynced;
    proxy.cut();
    await until('it is offline', () => provider.state.status === 'offline');
    proxy.webSockets = 'refuse';
    await proxy.listenAgain();
    await until('it was tried', () => proxy.upgrades === 2);
    proxy.webSockets = 'pass';
    await until('it is back', () => provider.synced);
    expect(provider.connection.transport).toBe('web-socket');
    expect(proxy.requests).toEqual([]);
  });

  it('that holds streams back is asked less and less often where only streams are allowed', async () => {
    const { url } = await serve();
    const proxy = await buffering(url);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    atEnd(() => vi.useRealTimers());
    provide({ url: proxy.url, documentId: 'notes', transports: ['http-stream'] });
    for (let ms = 0; ms < 60_000; ms += 100) {
      for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
      vi.advanceTimersByTime(100);
    }
    // Each takes 5 s, and the waits between them double.
    expect(streams(proxy)).toBeGreaterThan(3);
    expect(streams(proxy)).toBeLessThan(9);
  });
});
