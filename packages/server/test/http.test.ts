import { once } from 'node:events';
import { connect } from 'node:net';
import { MemoryStore } from '@syncline/storage';
import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from '../src/index.ts';
import { startHarness } from './harness.ts';

/** Asks for an upgrade with a path as it is, and gives the answer, up to these bytes. */
async function upgrade(
  serverUrl: string,
  path: string,
  { behind = '', until: end = '\r\n\r\n' } = {},
): Promise<string> {
  const { hostname, port } = new URL(serverUrl);
  const socket = connect(Number(port), hostname);
  socket.write(
    `${[
      `GET ${path} HTTP/1.1`,
      `Host: ${hostname}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '\r\n',
    ].join('\r\n')}${behind}`,
    'latin1',
  );
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  await until('an answer', () => answer.includes(end));
  socket.destroy();
  return answer;
}

describe('the server', () => {
  it('says over HTTP that it lives and is ready', async () => {
    const { server } = await startHarness();
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${server.url}/nothing`)).status).toBe(404);
  });

  it('counts what it does', async () => {
    const { server, stock, raw } = await startHarness();
    const [ada, bob] = [await stock('document'), await stock('document')];
    ada.text.insert(0, 'hello');
    await bob.hasContent('hello');
    const attacker = await raw('document');
    attacker.send('text');
    await attacker.closeCode();
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    for (const line of [
      'syncline_connections 2',
      'syncline_sessions 2',
      'syncline_rooms 1',
      'syncline_updates_in_total 1',
      'syncline_entries_committed_total 1',
      'syncline_ticks_total 1',
      'syncline_refusals_total{code="malformed-frame"} 1',
      'syncline_store_state{state="ready"} 1',
    ]) {
      expect(metrics.split('\n')).toContain(line);
    }
  });

  it.each(['/%', '/%zz', '/%ff', '/', '/%00', `/${'x'.repeat(513)}`, '/?document'])(
    'closes a y-websocket client of %s with 4400, and says why',
    async (path) => {
      const { url } = await startHarness();
      const socket = new WebSocket(url + path);
      socket.on('open', () => socket.send(Uint8Array.of(0, 0, 1, 0)));
      const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
      expect(code).toBe(4400);
      expect(reason.toString()).toMatch(/^document-id-invalid: (a document name|the path) /);
    },
  );

  it.each(['/a', '/a/b', '/a%2fb', '/%F0%9F%98%80', '/a?token=b', '/%2e%2e'])(
    'takes an upgrade of %s',
    async (path) => {
      const { server } = await startHarness();
      expect(await upgrade(server.url, path)).toMatch(/^HTTP\/1\.1 101 /);
    },
  );

  it('reads frames that come right behind the request', async () => {
    const { server } = await startHarness();
    const noMask = '\0\0\0\0';
    const behind = `\x82\x84${noMask}\0\0\x01\0\x89\x81${noMask}p`;
    // The answer to sync step 1, and the pong.
    const answer = await upgrade(server.url, '/a', { behind, until: '\x8a\x01p' });
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toContain('\x82\x05\0\x01\x02\0\0');
  });

  it('says that a port is taken', async () => {
    const { server } = await startHarness();
    const port = Number(new URL(server.url).port);
    const second = startServer({ store: new MemoryStore(), host: '127.0.0.1', port });
    await expect(second).rejects.toMatchObject({ code: 'address-in-use' });
  });

  it('tells its clients to reconnect when it stops, and stops once', async () => {
    const { server, raw, stock } = await startHarness();
    const client = await raw('document');
    const ada = await stock('document');
    ada.text.insert(0, 'last words');
    await Promise.all([server.close(), server.close()]);
    expect(await client.closeCode()).toBe(1001);
    expect(ada.closeCodes[0]).toBe(1001);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });
});
