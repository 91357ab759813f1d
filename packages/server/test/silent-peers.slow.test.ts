import { sleep } from '@syncline/testing';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startHarness } from './harness.ts';

/** Three times what passes between two looks for silent peers, and a little. */
const MS = 65_000;
const FIRST_FRAME = Uint8Array.of(0, 0, 1, 0);
const KEEP_ALIVE = Uint8Array.of(1, 1, 0);

it('pings a peer that says nothing, drops one that does not answer, and leaves alone who speaks', async () => {
  const { url } = await startHarness();
  const peers = [];
  for (const [autoPong, everyMs] of [
    [true, undefined],
    [false, undefined],
    [false, 15_000],
  ] as const) {
    const socket = new WebSocket(`${url}/document`, { autoPong });
    const peer = { socket, pings: 0, timer: undefined as NodeJS.Timeout | undefined };
    socket.on('ping', () => peer.pings++);
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(FIRST_FRAME);
    if (everyMs !== undefined) peer.timer = setInterval(() => socket.send(KEEP_ALIVE), everyMs);
    peers.push(peer);
  }
  await sleep(MS);
  const { OPEN, CLOSED } = WebSocket;
  expect(peers.map(({ socket }) => socket.readyState)).toEqual([OPEN, CLOSED, OPEN]);
  expect(peers.map(({ pings }) => pings)).toEqual([1, 1, 0]);
  for (const { socket, timer } of peers) {
    clearInterval(timer);
    socket.terminate();
  }
});
