import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { SynclineConnection } from '../src/index.ts';
import { atEnd, provide, serve, textOf } from './harness.ts';
import { attachedTo, ScriptedServer, WELCOME } from './scripted-server.ts';

const transports = ['web-socket'] as const;

describe('a connection', () => {
  it('goes through its states in order, and says each once', async () => {
    const server = await ScriptedServer.start();
    const connection = new SynclineConnection({ url: server.url, transports });
    atEnd(() => connection.close());
    const seen: string[] = [];
    connection.on('state', ({ status }) => seen.push(status));
    const provider = provide({ connection, documentId: 'notes' });
    const states: string[] = [];
    provider.on('state', ({ status }) => states.push(status));
    await provider.whenSynced;
    const all = ['connecting', 'authenticating', 'syncing', 'live'];
    // The provider dials while it is made.
    expect([states, seen]).toEqual([all.slice(1), all]);
    await until('it is live', () => connection.state.status === 'live');
    connection.disconnect();
    expect([provider.state.status, connection.state.status]).toEqual(['offline', 'offline']);
    await sleep(600);
    expect(server.all('hello')).toHaveLength(1);
    connection.connect();
    await until('it is back', () => provider.synced);
    expect(states.slice(3)).toEqual(['offline', ...all]);
  });

  it('notices that the other end is silent, and comes back', async () => {
    const server = await ScriptedServer.start({
      hello: () => [{ ...WELCOME, heartbeatMs: 200 }],
      ping: () => [],
    });
    const provider = provide({ url: server.url, documentId: 'notes', transports });
    await provider.whenSynced;
    await until('it is offline', () => provider.state.status === 'offline', 3_000);
    expect(provider.state).toMatchObject({ problem: { message: 'the server does not answer' } });
    await until('it is back', () => provider.synced);
  });

  it('is opened when it is used, and closed when nobody uses it any more', async () => {
    const { url } = await serve();
    const connection = new SynclineConnection({ url });
    atEnd(() => connection.close());
    await sleep(100);
    expect(connection.state.status).toBe('offline');
    const provider = provide({ connection, documentId: 'notes' });
    await provider.whenSynced;
    await provider.close();
    expect(connection.state.status).toBe('live');
    await until('it is closed', () => connection.state.status === 'offline', 7_000);
    const again = provide({ connection, documentId: 'notes' });
    await again.whenSynced;
  });

  it('takes another transport where no WebSocket comes through, and keeps it', async () => {
    const { url } = await serve();
    const proxy = await withoutWebSockets(Number(new URL(url).port));
    const provider = provide({ url: proxy.url, documentId: 'notes' });
    await provider.whenSynced;
    expect(provider.connection.transport).toBe('http-stream');
    textOf(provider.doc).insert(0, 'over HTTP');
    await provider.saved();
    expect(proxy.upgrades).toBe(1);
    proxy.cut();
    await until('it is offline', () => provider.state.status === 'offline');
    await until('it is back', () => provider.synced);
    expect([provider.connection.transport, proxy.upgrades]).toEqual(['http-stream', 1]);
  });

  it('says that a document does not come, and asks for it again', async () => {
    const server = await ScriptedServer.start({
      attach: ({ channel }) => attachedTo(channel).slice(0, channel === 1 ? 1 : 2),
    });
    const provider = provide({ url: server.url, documentId: 'notes', transports });
    const seen: string[] = [];
    provider.on('state', (state) => seen.push(JSON.stringify(state)));
    await until('it is stuck', () => seen.includes('{"status":"syncing","stuck":true}'), 12_000);
    await until('it is live', () => provider.synced, 15_000);
    expect(server.all('attach')).toHaveLength(2);
    expect(server.all('hello')).toHaveLength(1);
  }, 40_000);

  it('says that a save does not come', async () => {
    const server = await ScriptedServer.start({ update: () => [] });
    const provider = provide({ url: server.url, documentId: 'notes', transports });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'x');
    const isStuck = () => provider.state.status === 'live' && provider.state.stuck;
    await until('it is stuck', isStuck, 12_000);
    expect(provider.saveState.state).toBe('saving');
    server.say({ type: 'ack', channel: 1, through: 1, seq: 1 });
    await provider.saved();
    await until('it is not any more', () => !isStuck());
  }, 20_000);

  it('does not send what the server would not take', async () => {
    const limits = { ...WELCOME.limits, updateBytes: 1_000 };
    const server = await ScriptedServer.start({ hello: () => [{ ...WELCOME, limits }] });
    const provider = provide({ url: server.url, documentId: 'notes', transports });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'x'.repeat(2_000));
    await expect(provider.saved()).rejects.toMatchObject({ code: 'update-too-large' });
    await until('it is read-only', () => provider.access.state === 'read-only');
    expect(server.all('update')).toEqual([]);
    expect(provider.synced).toBe(true);
    // The operator raises the limit, and the user tries again.
    server.script = {};
    provider.disconnect();
    provider.connect();
    await provider.saved();
    expect(server.all('update')).toHaveLength(1);
    expect(provider.access.state).toBe('read-write');
  });

  it.each(['ftp://host', 'nothing', 'http://'])('does not take %s for a server', (url) => {
    expect(() => new SynclineConnection({ url })).toThrow(TypeError);
  });
});

/** A proxy that ends each WebSocket at once. */
async function withoutWebSockets(port: number) {
  const { connect } = await import('node:net');
  const sockets = new Set<Socket>();
  let upgrades = 0;
  const proxy = createServer((client) => {
    sockets.add(client);
    const server = connect(port, '127.0.0.1');
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
    server.on('close', () => client.destroy());
    client.on('close', () => server.destroy());
    client.once('data', (head: Buffer) => {
      if (head.includes('Upgrade: websocket')) {
        upgrades++;
        client.destroy();
        return;
      }
      server.write(head);
      client.pipe(server);
      server.pipe(client);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  atEnd(() => {
    cut();
    proxy.close();
  });
  const address = proxy.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    get upgrades() {
      return upgrades;
    },
    cut,
  };
}
