import { readFileSync } from 'node:fs';
import { type ErrorCode, isRetryable } from '@syncline/protocol';
import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import type { Reset, SynclineProvider } from '../src/index.ts';
import { provide, textOf } from './harness.ts';
import { ScriptedServer, WELCOME } from './scripted-server.ts';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

/** What docs/errors.md promises of the provider, by code. */
const PROMISED = [
  ...page.matchAll(/^\| `([a-z-]+)` +\| \d+ +\| \S+ +\| `?([a-z-]+|–)`? +\|/gm),
].map(([, code, reaction]) => ({ code: code as ErrorCode, reaction: reaction as string }));
const message = 'for people';
const of = (...reactions: string[]) =>
  PROMISED.filter(({ reaction }) => reactions.includes(reaction));

async function live(server: ScriptedServer): Promise<SynclineProvider> {
  const provider = provide({ url: server.url, documentId: 'notes', transports: ['web-socket'] });
  await provider.whenSynced;
  return provider;
}

describe('a refusal does what docs/errors.md promises', () => {
  it('of every code', () => {
    expect(PROMISED.length).toBeGreaterThan(40);
    expect(new Set(PROMISED.map(({ reaction }) => reaction))).toEqual(
      new Set(['offline', 'token', 'refused', 'read-only', 'reset', '–']),
    );
  });

  it.each(of('offline'))('$code ends a connection, which comes back', async ({ code }) => {
    const server = await ScriptedServer.start();
    const provider = await live(server);
    const retry = isRetryable(code);
    server.say({ type: 'goodbye', code, message, retry, retryAfterMs: 0 });
    await until('it is offline', () => provider.state.status === 'offline');
    expect(provider.state).toEqual({ status: 'offline', problem: { code, message } });
    await until('it is back', () => provider.synced);
  });

  it.each(of('offline'))('$code ends a session, which comes back', async ({ code }) => {
    const server = await ScriptedServer.start();
    const provider = await live(server);
    server.say({ type: 'detached', channel: 1, code, message, retry: true, retryAfterMs: 0 });
    await until('it is offline', () => provider.state.status === 'offline');
    expect(provider.state).toEqual({ status: 'offline', problem: { code, message } });
    await until('it is back', () => provider.synced);
    expect(server.all('hello')).toHaveLength(1);
    expect(server.all('attach').map(({ channel }) => channel)).toEqual([1, 2]);
  });

  it.each(of('refused'))('$code stops it, and says why', async ({ code }) => {
    const server = await ScriptedServer.start();
    const goodbye = { type: 'goodbye', code, message, retry: false, retryAfterMs: 0 } as const;
    server.script = { hello: () => [goodbye] };
    const provider = provide({ url: server.url, documentId: 'notes', transports: ['web-socket'] });
    await expect(provider.whenSynced).rejects.toMatchObject({ code, message });
    expect(provider.state).toEqual({ status: 'refused', problem: { code, message } });
    textOf(provider.doc).insert(0, 'x');
    await expect(provider.saved()).rejects.toMatchObject({ code });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(server.all('hello')).toHaveLength(1);
    // Until the application asks for it.
    server.script = {};
    provider.connect();
    await until('it is live', () => provider.synced);
  });

  it.each(of('refused'))('$code stops one document, and no other', async ({ code }) => {
    const server = await ScriptedServer.start();
    const provider = await live(server);
    const { connection } = provider;
    const other = provide({ connection, documentId: 'other' });
    await other.whenSynced;
    server.say({ type: 'detached', channel: 1, code, message, retry: false, retryAfterMs: 0 });
    await until('it is refused', () => provider.state.status === 'refused');
    expect(provider.state).toEqual({ status: 'refused', problem: { code, message } });
    expect([other.state.status, connection.state.status]).toEqual(['live', 'live']);
  });

  it.each(of('token'))('$code asks for another token once', async ({ code }) => {
    const server = await ScriptedServer.start();
    const goodbye = { type: 'goodbye', code, message, retry: false, retryAfterMs: 0 } as const;
    server.script = { hello: ({ token }) => [token === 'good' ? WELCOME : goodbye] };
    const transports = ['web-socket'] as const;
    const documentId = 'notes';
    const tokens = ['old', 'good'];
    const token = () => tokens.shift() ?? 'bad';
    const provider = provide({ url: server.url, documentId, token, transports });
    await provider.whenSynced;
    const bad = provide({ url: server.url, documentId, token: () => 'bad', transports });
    await until('it is refused', () => bad.state.status === 'refused');
    const fixed = provide({ url: server.url, documentId, token: 'fixed', transports });
    await until('it is refused', () => fixed.state.status === 'refused');
    expect(fixed.state).toEqual({ status: 'refused', problem: { code, message } });
    expect(server.all('hello').map((hello) => hello.token)).toEqual([
      'old',
      'good',
      'bad',
      'bad',
      'fixed',
    ]);
  });

  it.each(of('read-only'))('$code makes it read-only, and keeps the change', async ({ code }) => {
    const server = await ScriptedServer.start();
    server.script = {
      update: ({ channel, number }) => [
        { type: 'rejected', channel, number, code, message },
        { type: 'ack', channel, through: number, seq: 0 },
      ],
    };
    const provider = await live(server);
    expect(provider.access).toEqual({ state: 'read-write' });
    textOf(provider.doc).insert(0, 'x');
    await expect(provider.saved()).rejects.toMatchObject({ code });
    await until('it is read-only', () => provider.access.state === 'read-only');
    expect(provider.saveState.state).toBe('offline');
    expect(provider.saveState.unsavedBytes).toBeGreaterThan(0);
    textOf(provider.doc).insert(0, 'y');
    await expect(provider.saved()).rejects.toThrow('read-only');
    expect(server.all('update')).toHaveLength(1);
    expect(provider.synced).toBe(true);
  });

  it.each(of('reset'))('$code puts the copy away, and loads it anew', async ({ code }) => {
    const server = await ScriptedServer.start();
    server.script = {
      update: ({ channel, number }) => [{ type: 'rejected', channel, number, code, message }],
    };
    const provider = await live(server);
    const resets: Reset[] = [];
    provider.on('reset', (reset) => resets.push(reset));
    const { doc } = provider;
    textOf(doc).insert(0, 'x');
    await until('it is reset', () => resets.length > 0);
    const [reset] = resets;
    expect(reset).toMatchObject({ code, previous: doc, doc: provider.doc });
    expect(reset?.unsaved?.length).toBeGreaterThan(2);
    expect(provider.doc).not.toBe(doc);
    expect(textOf(provider.doc).toString()).toBe('');
    await until('it is live', () => provider.synced);
    expect(provider.saveState.state).toBe('saved');
  });
});
