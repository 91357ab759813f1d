import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeServerMessage, encodeClientMessage, SyncError } from '@syncline/protocol';
import { expect, it } from 'vitest';
import { mustBeSoon } from './admission.ts';
import type { Connection } from './connection.ts';
import { SynclineDialect } from './dialects/syncline/dialect.ts';
import type { Edge } from './edge.ts';
import type { Gate } from './gate.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { WebSockets } from './web-socket/web-sockets.ts';

const busyEdge = {
  limits: DEFAULT_LIMITS,
  schema: {},
  sessions: { mustBeSoon: () => mustBeSoon(6_000, 5_000) },
  metrics: { refused: () => {} },
} as unknown as Edge;

function refusal(waitedMs: number): SyncError | undefined {
  try {
    mustBeSoon(waitedMs, 5_000);
  } catch (error) {
    if (error instanceof SyncError) return error;
  }
  return undefined;
}

it('who would wait no longer than the limit is let in', () => {
  expect(refusal(0)).toBeUndefined();
  expect(refusal(5_000)).toBeUndefined();
});

it('others are told to come back after about as long as they would wait, at different times', () => {
  const times = Array.from({ length: 100 }, () => refusal(6_000)?.retryAfterMs ?? 0);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(6_000);
  expect(Math.max(...times)).toBeLessThanOrEqual(12_000);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(3_000);
  expect(refusal(10 ** 9)?.retryAfterMs).toBeLessThanOrEqual(60_000);
});

it('X3 a client of syncline.v1 is told by a goodbye, before its token is looked at', async () => {
  let ended: unknown;
  const written: Uint8Array[] = [];
  const connection = {
    throttle: { charge: () => {} },
    frame: (message: Uint8Array) => message,
    write: (frame: Uint8Array) => written.push(frame),
    pause: () => {},
    resume: () => {},
    fail: (error: unknown) => {
      ended = error;
      dialect.goodbye(error as SyncError);
    },
  };
  const dialect = new SynclineDialect(connection as unknown as Connection, busyEdge);
  const names = { clientName: '', clientVersion: '', token: '' };
  dialect.receive(
    encodeClientMessage({ type: 'hello', versions: [1], schemaVersion: 0, ...names }),
  );
  await expect.poll(() => written.length).toBe(1);
  const goodbye = decodeServerMessage(written[0] as Uint8Array);
  expect(goodbye).toMatchObject({ type: 'goodbye', code: 'server-busy', retry: true });
  expect(goodbye).toMatchObject({ retryAfterMs: (ended as SyncError).retryAfterMs });
});

it('the upgrade of other clients is refused, with the seconds after which to come back', async () => {
  const gate = { admit: () => ({ request: {}, token: undefined, name: 'document' }) };
  const webSockets = new WebSockets(busyEdge, gate as unknown as Gate);
  const server = createServer();
  server.on('upgrade', (...args) => webSockets.upgrade(...args));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const headers = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const upgrade = request({ host: '127.0.0.1', port, headers }).end();
  const [response] = (await once(upgrade, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(503);
  expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(6);
  response.resume();
  webSockets.close();
  server.close();
});
