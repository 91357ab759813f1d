import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import * as prng from 'lib0/prng';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { ReadingTurns } from '../reading-turns.ts';
import { ShortFrames } from './short-frames.ts';

const FIN = 0x80;
const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

const REQUEST = {
  method: 'GET',
  headers: {
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  },
} as IncomingMessage;

const MAX_BYTES = 200_000;

const turns = new ReadingTurns();

/** A frame of a client, with a mask. */
function frame(first: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length <= 125 ? 2 : length <= 0xffff ? 4 : 10);
  header[0] = first;
  header[1] = 0x80 | (header.length === 2 ? length : header.length === 4 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  const mask = Buffer.from([1, 2, 0xfe, 77]);
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] as number));
  return Buffer.concat([header, mask, masked]);
}

/** A connection, over a socket of this process, and what is heard of it, in order. */
async function open(past: boolean) {
  const heard: string[] = [];
  const written: Buffer[] = [];
  const note = (what: string, data: Buffer) => heard.push(`${what} ${data.toString('base64')}`);
  const socket = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const frames = past ? new ShortFrames(socket, MAX_BYTES, turns) : socket;
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_BYTES });
  const webSocket = await new Promise<WebSocket>((resolve) => {
    server.handleUpgrade(REQUEST, frames, Buffer.alloc(0), resolve);
  });
  webSocket.on('message', (data: Buffer, isBinary) => note(isBinary ? 'binary' : 'text', data));
  webSocket.on('ping', (data) => note('ping', data));
  webSocket.on('pong', (data) => note('pong', data));
  webSocket.on('error', (error) => heard.push(`error ${error.message}`));
  const counts = { past: 0 };
  if (frames instanceof ShortFrames) {
    frames.onMessage = (data) => {
      counts.past++;
      note('binary', data);
    };
  }
  return { socket, frames, webSocket, heard, written, counts };
}

/** What is heard of bytes that come in these chunks, and how many messages did not go through ws. */
async function hear(chunks: readonly Buffer[], past: boolean) {
  const { socket, webSocket, heard, counts } = await open(past);
  const closed = new Promise<number>((resolve) => webSocket.on('close', resolve));
  for (const chunk of chunks) {
    socket.push(Buffer.from(chunk)); // its own: masks are taken off in place
    await turn();
  }
  socket.push(null);
  heard.push(`close ${await closed}`);
  return { heard, short: counts.past };
}

function split(bytes: Buffer, next: () => number): Buffer[] {
  const chunks: Buffer[] = [];
  const most = bytes.length > 10_000 ? 100_000 : ([3, 20, 500][Math.floor(next() * 3)] as number);
  for (let at = 0; at < bytes.length; ) {
    const to = at + 1 + Math.floor(next() * most);
    chunks.push(bytes.subarray(at, to));
    at = to;
  }
  return chunks;
}

function frames(next: () => number): Buffer[] {
  const bytes = (length: number) => new Uint8Array(length).map(() => next() * 256);
  const text = (length: number) => new Uint8Array(length).fill(97);
  const length = () => {
    return [0, 1, 30, 125, 126, 300, 1_024, 1_025, 66_000][Math.floor(next() * next() * 9)] ?? 0;
  };
  const kinds = [
    () => [frame(FIN | BINARY, bytes(length()))],
    () => [frame(FIN | BINARY, bytes(length()))],
    () => [frame(FIN | TEXT, text(length()))],
    () => [frame(FIN | PING, bytes(20)), frame(FIN | PONG, bytes(5))],
    () => [
      frame(BINARY, bytes(length())),
      frame(FIN | PING, bytes(3)),
      frame(CONTINUATION, bytes(length())),
      frame(FIN | CONTINUATION, bytes(length())),
    ],
  ];
  return Array.from(
    { length: 12 },
    () => kinds[Math.floor(next() * kinds.length)]?.() ?? [],
  ).flat();
}

const ENDS: Record<string, Buffer> = {
  'is closed': frame(FIN | CLOSE, Buffer.from([3, 232])),
  'begins a message within another': Buffer.concat([
    frame(BINARY, new Uint8Array(3)),
    frame(FIN | BINARY, new Uint8Array(3)),
  ]),
  'has no mask': Buffer.from([FIN | BINARY, 2, 1, 1]),
  'is of an extension': frame(FIN | BINARY | 0x40, new Uint8Array(3)),
  'is of no known kind': frame(FIN | 3, new Uint8Array(3)),
  'goes on with nothing': frame(FIN | CONTINUATION, new Uint8Array(3)),
  'is too long': frame(FIN | BINARY, new Uint8Array(MAX_BYTES + 1)),
  'says that it is longer than numbers go': Buffer.from([
    FIN | BINARY,
    0xff,
    ...Array(12).fill(255),
  ]),
};

it.each(Object.keys(ENDS))(
  'the same is heard as of ws alone, until what comes %s',
  async (name) => {
    const random = prng.create(7);
    const next = () => prng.real53(random);
    let past = 0;
    for (let round = 0; round < 12; round++) {
      const end = ENDS[name] as Buffer;
      const chunks = [...split(Buffer.concat(frames(next)), next), ...split(end, next)];
      const { heard, short } = await hear(chunks, true);
      expect(heard).toEqual((await hear(chunks, false)).heard);
      past += short;
    }
    expect(past).toBeGreaterThan(10);
  },
);

it('nothing is heard while ws is paused, and then all in order', async () => {
  const { socket, webSocket, heard } = await open(true);
  const messages = [1, 2, 3, 4].map((byte) => frame(FIN | BINARY, Uint8Array.of(byte)));
  webSocket.pause();
  const ping = frame(FIN | PING, Uint8Array.of(9));
  // One chunk that was read before it was paused.
  socket.emit('data', Buffer.concat([messages[0], ping, ...messages.slice(1)] as Buffer[]));
  await turn();
  expect(heard).toEqual([]);
  webSocket.resume();
  await turn();
  expect(heard).toEqual(['binary AQ==', 'ping CQ==', 'binary Ag==', 'binary Aw==', 'binary BA==']);
});

it('what ws writes goes out in one piece, in order with what others write', async () => {
  const { socket, webSocket, written } = await open(true);
  written.length = 0;
  socket.write('a');
  webSocket.ping(Buffer.from('bcd'));
  socket.write('e');
  await turn();
  expect(Buffer.concat(written).toString('latin1')).toBe('a\x89\x03bcde');
});

/** A clock that goes on only when something is said to take its time. */
function fakeClock(): (ms: number) => void {
  let now = 0;
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => spy.mockRestore());
  return (ms) => {
    now += ms;
  };
}

it('what takes long to read is read in slices, and what others sent comes between', async () => {
  const take = fakeClock();
  const [flood, other] = [await open(true), await open(true)];
  const order: string[] = [];
  const floods = () => order.filter((who) => who === 'flood').length;
  let messages = 0;
  (flood.frames as ShortFrames).onMessage = ([byte]) => {
    expect(byte).toBe(messages++); // they keep their order
    take(0.5);
    order.push('flood');
  };
  flood.webSocket.on('ping', () => {
    take(0.5);
    order.push('flood');
  });
  (other.frames as ShortFrames).onMessage = () => order.push('other');
  const chunk = Array.from({ length: 100 }, (_, index) => [
    frame(FIN | BINARY, Uint8Array.of(index)),
    ...(index % 10 === 0 ? [frame(FIN | PING, Uint8Array.of(1))] : []),
  ]).flat();
  flood.socket.push(Buffer.concat(chunk));
  for (let times = 0; times < 500 && floods() < 110; times++) {
    other.socket.push(frame(FIN | BINARY, Uint8Array.of(1)));
    await turn();
  }
  expect(floods()).toBe(110);
  // No more than what fits into a turn lies between two of the other's: 4 ms, and a slice that began before its end.
  const between = order
    .join(' ')
    .split('other')
    .map((part) => part.split('flood').length - 1);
  expect(Math.max(...between)).toBeLessThanOrEqual(12);
});

it('a socket is not read while what came of it waits for its turn', async () => {
  const take = fakeClock();
  const { socket, frames } = await open(true);
  const read: number[] = [];
  (frames as ShortFrames).onMessage = ([byte]) => {
    take(3);
    read.push(byte as number);
  };
  await turn(); // it flows
  socket.push(Buffer.concat([1, 2, 3].map((byte) => frame(FIN | BINARY, Uint8Array.of(byte)))));
  expect(read).toEqual([1]);
  expect(socket.isPaused()).toBe(true);
  socket.push(frame(FIN | BINARY, Uint8Array.of(4)));
  socket.push(null);
  for (let times = 0; times < 10 && read.length < 4; times++) await turn();
  expect(read).toEqual([1, 2, 3, 4]);
  expect(socket.isPaused()).toBe(false);
});
