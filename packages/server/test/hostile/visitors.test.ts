import { request } from 'node:http';
import { SUBPROTOCOL } from '@syncline/protocol';
import { until } from '@syncline/testing';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { ServerOptions } from '../../src/index.ts';
import { DIALECTS, makeAttacker } from './attackers.ts';
import { loggerTo } from './logs.ts';
import { ALL_MAY, Stage, withUsers } from './stage.ts';

type Headers = Readonly<Record<string, string>>;

/** The status of an upgrade: 101 when it is let in. */
async function upgrade(url: string, headers: Headers, protocols: string[] = []): Promise<number> {
  const socket = new WebSocket(url, protocols, { headers });
  return await new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', () => {});
  });
}

/** The status and the code of opening a connection over HTTP. */
async function post(url: string, headers: Headers): Promise<number> {
  return await new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/sync`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('a page of', () => {
  const own = (port: string) => `http://127.0.0.1:${port}`;
  const cases: [string, Partial<ServerOptions>, (port: string) => Headers, boolean][] = [
    ['no origin, as a program', {}, () => ({}), true],
    ['the same host', {}, (port) => ({ origin: own(port) }), true],
    ['another port of this machine', {}, () => ({ origin: 'http://localhost:5173' }), true],
    ['another loopback address', {}, () => ({ origin: 'http://[::1]:80' }), true],
    ['a foreign host', {}, () => ({ origin: 'https://evil.example' }), false],
    [
      'a host that begins like this machine',
      {},
      () => ({ origin: 'http://localhost.evil.example' }),
      false,
    ],
    [
      'a host that ends like this machine',
      {},
      () => ({ origin: 'http://evil.example#localhost' }),
      false,
    ],
    ['a sandbox', {}, () => ({ origin: 'null' }), false],
    ['an origin that is none', {}, () => ({ origin: 'localhost' }), false],
    [
      'a name that was made to point here',
      {},
      (port) => ({ origin: `http://evil.example:${port}`, host: `evil.example:${port}` }),
      false,
    ],
    [
      'an origin that is allowed',
      { origins: ['https://app.example'] },
      () => ({ origin: 'https://app.example' }),
      true,
    ],
    [
      'an origin beside the one that is allowed',
      { origins: ['https://app.example'] },
      () => ({ origin: 'https://app.example.evil' }),
      false,
    ],
    [
      'any origin, where all are allowed',
      { origins: ['*'] },
      () => ({ origin: 'https://any.example' }),
      true,
    ],
    [
      'a host that a proxy is said to serve, without a proxy',
      {},
      () => ({ origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' }),
      false,
    ],
  ];

  it.each(cases)('%s is let in or refused with 403', async (_, options, headersOf, isWelcome) => {
    const stage = await Stage.set(options);
    const headers = headersOf(new URL(stage.url).port);
    expect(await upgrade(`${stage.url}/attacked`, headers)).toBe(isWelcome ? 101 : 403);
    expect(await upgrade(`${stage.url}/v1/sync`, headers, [SUBPROTOCOL])).toBe(
      isWelcome ? 101 : 403,
    );
    // Without a hello it is a bad request, but one of somebody who may ask.
    expect(await post(stage.server.url, headers)).toBe(isWelcome ? 400 : 403);
    await stage.survives();
  });
});

it('a token is in no log, whatever becomes of it', async () => {
  const SECRET = 'very-secret-token';
  const lines: string[] = [];
  const written: string[] = [];
  const write = (chunk: unknown) => written.push(String(chunk)) > 0;
  const stage = await Stage.set(
    { ...withUsers({ ...ALL_MAY, read: 'user.id == "ada"' }), logger: loggerTo(lines) },
    'ada',
  );
  const spies = [process.stdout, process.stderr].map((it) =>
    vi.spyOn(it, 'write').mockImplementation(write),
  );
  try {
    for (const dialect of DIALECTS) {
      const refused = await stage.attacker(dialect, { token: SECRET });
      await refused.refusal();
      const crashed = stage.knock(dialect, { token: SECRET });
      if ('socket' in crashed) {
        await until('it is open', () => crashed.socket.readyState === WebSocket.OPEN);
        crashed.send(Uint8Array.of(0xff, 0xff));
        await crashed.gone();
      }
    }
    const url = stage.server.url;
    const query = `token=${SECRET}`;
    const headers = { authorization: `Bearer ${SECRET}` };
    await upgrade(`${stage.url}/attacked?${query}`, { origin: 'https://evil.example' });
    await post(url, { origin: 'https://evil.example', ...headers });
    await fetch(`${url}/v1/documents/attacked?${query}`, { headers });
    await fetch(`${url}/v1/documents/attacked`, { method: 'DELETE', headers });
    await fetch(`${url}/v1/documents/%zz?${query}`, { headers });
    await fetch(`${url}/v1/sync/nobody?${query}`, { headers });
    await fetch(`${url}/nothing?${query}`, { headers });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  expect(lines.join('')).toContain('access-denied');
  expect(lines.join('') + written.join('')).not.toContain(SECRET);
  await stage.survives();
});

it('the token in the URL lets a client in, and one that is accepted is in no log', async () => {
  const lines: string[] = [];
  const SECRET = 'ada-of-the-secret';
  const stage = await Stage.set({ ...withUsers(ALL_MAY), logger: loggerTo(lines) }, 'bob');
  for (const path of ['attacked', 'collab', 'v1/sync'] as const) {
    const dialect =
      path === 'attacked' ? 'y-websocket' : path === 'collab' ? 'hocuspocus' : 'syncline';
    const attacker = makeAttacker(dialect, stage.url);
    attacker.destroy();
    const status = await upgrade(`${stage.url}/${path}?token=${SECRET}`, {});
    expect(status).toBe(101);
  }
  const client = await stage.attacker('y-websocket', { token: SECRET });
  expect(client.refusals).toEqual([]);
  expect(lines.join('')).not.toContain(SECRET);
  await stage.survives();
});

describe('connections of an address', () => {
  const limits = { connectionsPerAddress: 5 };

  it('are refused with 429 beyond limits.connectionsPerAddress, in both transports', async () => {
    const stage = await Stage.set({ limits });
    for (let i = 0; i < 2; i++) await stage.attacker('y-websocket'); // besides three people
    expect(await upgrade(`${stage.url}/attacked`, {})).toBe(429);
    expect(await post(stage.server.url, {})).toBe(429);
    stage.dismiss();
    await until('there is room again', async () => (await upgrade(`${stage.url}/a`, {})) === 101);
    await stage.survives();
  });

  it('are not told apart by a header that anybody can write', async () => {
    const stage = await Stage.set({ limits });
    for (let i = 0; i < 2; i++) await stage.attacker('y-websocket');
    expect(await upgrade(`${stage.url}/attacked`, { 'x-forwarded-for': '1.2.3.4' })).toBe(429);
  });

  it('are counted by what the nearest trusted proxy says, not by what stands before it', async () => {
    const stage = await Stage.set({ limits, trustProxy: 1 });
    for (let i = 0; i < 5; i++) {
      await stage.attacker('y-websocket', { address: `1.1.1.${i}, 9.9.9.9` });
    }
    const spoofed = { 'x-forwarded-for': '7.7.7.7, 9.9.9.9' };
    expect(await upgrade(`${stage.url}/attacked`, spoofed)).toBe(429);
    expect(await upgrade(`${stage.url}/attacked`, { 'x-forwarded-for': '9.9.9.8' })).toBe(101);
    await stage.survives();
  });
});

describe.each(DIALECTS)('in %s', (dialect) => {
  it('a user has at most limits.connectionsPerUser connections', async () => {
    const options = { ...withUsers(ALL_MAY), limits: { connectionsPerUser: 5 } };
    const stage = await Stage.set(options, 'ada');
    for (let i = 0; i < 5; i++) {
      expect((await stage.attacker(dialect, { token: 'bob' })).refusals).toEqual([]);
    }
    const sixth = await stage.attacker(dialect, { token: 'bob' });
    expect(await sixth.refusal()).toMatch(/too-many-connections$/);
    const other = await stage.attacker(dialect, { token: 'carol' });
    expect(other.refusals).toEqual([]);
    await stage.survives();
  });

  it('a document has at most limits.sessionsPerDocument sessions', async () => {
    const stage = await Stage.set({ limits: { sessionsPerDocument: 3 } });
    await stage.attacker(dialect);
    await stage.attacker(dialect);
    const fourth = await stage.attacker(dialect);
    expect(await fourth.refusal()).toMatch(/too-many-sessions$/);
    const elsewhere = await stage.attacker(dialect, { documentId: 'elsewhere' });
    expect(elsewhere.refusals).toEqual([]);
    stage.dismiss();
    await until('there is room again', async () => {
      const next = await stage.attacker(dialect);
      return next.refusals.length === 0;
    });
    stage.dismiss();
    await until('they are gone', async () => {
      const text = await (await fetch(`${stage.server.url}/metrics`)).text();
      return /^syncline_sessions 3$/m.test(text);
    });
    await stage.survives();
  });
});

it('a connection has at most limits.documentsPerConnection documents, and is told the limit', async () => {
  const stage = await Stage.set({ limits: { documentsPerConnection: 3 } });
  const said = (frames: Uint8Array[]) =>
    frames.map((frame) => Buffer.from(frame).toString('latin1')).join();
  const hocuspocus = await stage.attacker('hocuspocus');
  for (let i = 0; i < 3; i++) hocuspocus.authenticate(`document ${i}`);
  expect(await hocuspocus.refusal()).toBe('denied too-many-documents');
  expect(said(hocuspocus.frames)).toContain('limits.documentsPerConnection (3)');
  for (const dialect of ['syncline', 'syncline-http'] as const) {
    const attacker = await stage.attacker(dialect);
    for (let i = 0; i < 3; i++) attacker.syncStep1(Uint8Array.of(0));
    expect(await attacker.refusal()).toBe('detached too-many-documents');
    expect(said(attacker.frames)).toContain('limits.documentsPerConnection (3)');
  }
  await stage.survives();
});

it('a broadcast over limits.broadcastBytes is refused, and the message names the limit', async () => {
  const stage = await Stage.set({ limits: { broadcastBytes: 1_000 } });
  for (const dialect of ['syncline', 'syncline-http'] as const) {
    const attacker = await stage.attacker(dialect);
    const payload = new Uint8Array(1_000);
    attacker.say({ type: 'broadcast', channel: 1, id: 1, toSelf: false, topic: 'abc', payload });
    expect(await attacker.refusal()).toBe('detached broadcast-too-large');
    expect(attacker.received.at(-1)).toMatchObject({
      message: 'the broadcast is over limits.broadcastBytes (1000)',
    });
  }
  const hocuspocus = await stage.attacker('hocuspocus');
  hocuspocus.sendKeyed('attacked', 5, 'x'.repeat(1_001));
  expect(await hocuspocus.refusal()).toBe('denied broadcast-too-large');
  await stage.survives();
});
