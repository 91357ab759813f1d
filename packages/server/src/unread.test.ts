import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Unread } from './unread.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A socket that nothing is read from. */
function stuck() {
  const socket = { buffered: 0, paused: false, closed: false };
  const unread = new Unread({
    bufferedBytes: () => socket.buffered,
    pause: (isPaused) => {
      socket.paused = isPaused;
    },
    exceeded: () => {
      socket.closed = true;
    },
  });
  const write = (bytes: number) => {
    unread.write(bytes);
    socket.buffered += bytes;
  };
  return { socket, unread, write };
}

it('small frames that are not read stop the reading, until half of them is read', () => {
  const { socket, write } = stuck();
  for (let i = 0; i < 8 * 1024 + 2; i++) write(KIB);
  expect(socket.paused).toBe(true);
  socket.buffered = 5 * MIB;
  vi.advanceTimersByTime(100);
  expect(socket.paused).toBe(true);
  socket.buffered = 4 * MIB;
  vi.advanceTimersByTime(100);
  expect(socket.paused).toBe(false);
});

it('a large document does not count, but a large answer does', () => {
  const { socket, unread, write } = stuck();
  write(100 * MIB);
  write(KIB);
  expect(socket.paused).toBe(false);
  unread.isAnswering = true;
  write(9 * MIB);
  expect(socket.paused).toBe(true);
});

it('who reads nothing for 30 s is closed, and who reads slowly is not', () => {
  const { socket, write } = stuck();
  for (let i = 0; i < 20; i++) write(64 * KIB * 16);
  for (let i = 0; i < 20 * 1024; i++) write(KIB);
  expect(socket.paused).toBe(true);
  for (let seconds = 0; seconds < 60; seconds++) {
    socket.buffered -= KIB;
    vi.advanceTimersByTime(1_000);
  }
  expect(socket.closed).toBe(false);
  vi.advanceTimersByTime(31_000);
  expect(socket.closed).toBe(true);
});
