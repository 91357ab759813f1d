import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { Dialect } from '../connection.ts';
import type { Edge } from '../edge.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { ReadingTurns } from '../reading-turns.ts';
import { HttpConnection } from './http-connection.ts';

const request = { address: '127.0.0.1', origin: undefined, path: '/v1/sync', headers: {} };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A connection that never attaches, and what became of it. */
function connect(onFrame = () => {}) {
  const removed: unknown[] = [];
  const counter = { inc: () => {} };
  const metrics = { framesIn: counter, bytesIn: counter, framesOut: counter, bytesOut: counter };
  const edge = {
    nodeId: 'node',
    limits: { ...DEFAULT_LIMITS, attachMs: 2 ** 30 },
    connections: { remove: (connection: unknown) => removed.push(connection) },
    metrics,
    turns: new ReadingTurns(),
  } as unknown as Edge;
  const heard: Uint8Array[] = [];
  const dialect: Dialect = {
    receive: (frame) => {
      onFrame();
      heard.push(frame);
    },
    keepAlive: () => {},
    goodbye: () => {},
    closed: () => {},
  };
  const connection = new HttpConnection(
    edge,
    { request, token: undefined, name: '' },
    () => dialect,
  );
  return { connection, heard, isGone: () => removed.includes(connection) };
}

const frame = Uint8Array.of(1);

it('P8 without any request for 40 s the client is gone', async () => {
  const { connection, isGone } = connect();
  vi.advanceTimersByTime(39_000);
  await connection.take([frame]); // a request
  vi.advanceTimersByTime(39_000);
  connection.reading().done(); // and another
  vi.advanceTimersByTime(39_000);
  expect(isGone()).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(isGone()).toBe(true);
  await expect(connection.take([frame])).rejects.toMatchObject({ code: 'connection-unknown' });
});

it('P8 a request that is open counts as one, however long', () => {
  const { connection, isGone } = connect();
  const [first, second] = [connection.reading(), connection.reading()];
  vi.advanceTimersByTime(500_000);
  first.done();
  first.done();
  vi.advanceTimersByTime(500_000);
  expect(isGone()).toBe(false);
  second.done();
  vi.advanceTimersByTime(40_000);
  expect(isGone()).toBe(true);
});

it('messages are taken in order and no faster than the connection is read', async () => {
  const { connection, heard } = connect();
  connection.pause('throttled');
  const first = connection.take([Uint8Array.of(1), Uint8Array.of(2)]);
  await Promise.resolve();
  expect(heard).toEqual([]);
  connection.resume('throttled');
  await first;
  expect(heard).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
});

it('what waits to be taken when the connection ends is refused', async () => {
  const { connection, heard } = connect();
  connection.pause('throttled');
  const waiting = connection.take([frame]);
  connection.terminate();
  await expect(waiting).rejects.toMatchObject({ code: 'connection-unknown' });
  expect(heard).toEqual([]);
});

it('messages that take long are read in slices, and others have their turn between them', async () => {
  let now = 0;
  vi.useRealTimers();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => void vi.restoreAllMocks());
  const { connection, heard } = connect(() => {
    now += 0.5;
  });
  const messages = Array.from({ length: 20 }, (_, index) => Uint8Array.of(index));
  const taken = connection.take(messages);
  const slices: number[] = [];
  while (heard.length < 20) {
    slices.push(heard.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await taken;
  expect(heard).toEqual(messages);
  expect(slices).toEqual([4, 8, 12, 16]);
  connection.terminate();
});
