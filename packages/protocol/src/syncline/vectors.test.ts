import { readFileSync } from 'node:fs';
import { fromHexString, toHexString } from 'lib0/buffer';
import { describe, expect, it } from 'vitest';
import { decodeAwareness, encodeAwareness } from '../awareness.ts';
import { SyncError } from '../sync-error.ts';
import { encodeChannelAwareness } from './channel-awareness.ts';
import { decodeClientMessage, encodeClientMessage } from './client-message.ts';
import { encodeEntries } from './entries.ts';
import { decodeFragment, encodeFragment, type Fragment } from './fragment.ts';
import { BodyReader, decodeBody } from './http-body.ts';
import { MessageType } from './message-type.ts';
import { decodeServerMessage, encodeServerMessage } from './server-message.ts';

/**
 * The bytes of the wire format. They were made from SPEC.md and not by the code here: whoever changes
 * one changes the protocol, see protocol-version.ts.
 */
interface Vector {
  readonly name: string;
  readonly direction: 'client' | 'server' | 'both';
  /** Byte fields in hex. */
  readonly message: { readonly type: string };
  readonly bytes: string;
}

interface Refused extends Omit<Vector, 'message'> {
  readonly code: string;
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../vectors/${file}`, import.meta.url), 'utf8'));
const vectors = read('syncline-v1.json') as readonly Vector[];
const refused = read('syncline-v1-refused.json') as readonly Refused[];

/** A client's message, with its awareness states, which `decodeClientMessage` leaves to who bounds them. */
function decodeOfClient(bytes: Uint8Array) {
  const message = decodeClientMessage(bytes);
  if (message.type !== 'awareness') return message;
  const { type, channel, update } = message;
  return { type, channel, entries: decodeAwareness(update) };
}

function encodeOfClient(message: ReturnType<typeof decodeOfClient>): Uint8Array {
  if (!('entries' in message)) return encodeClientMessage(message);
  const { type, channel, entries } = message;
  return encodeClientMessage({ type, channel, update: encodeAwareness(entries) });
}

const DIRECTIONS = {
  client: { decode: decodeOfClient, encode: encodeOfClient },
  server: { decode: decodeServerMessage, encode: encodeServerMessage },
  both: {
    decode: (bytes: Uint8Array) => ({ type: 'fragment', ...decodeFragment(bytes) }),
    encode: (message: { type: string }) => encodeFragment(message as unknown as Fragment),
  },
} as const;

/** A message as a vector has it: bytes in hex. */
const toJson = (message: object) =>
  Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? toHexString(value) : (value as unknown),
    ]),
  );

const bytesOf = ({ bytes }: { readonly bytes: string }) => fromHexString(bytes);

describe('syncline.v1', () => {
  it.each(vectors)('reads and writes: $name', (vector) => {
    const { decode, encode } = DIRECTIONS[vector.direction];
    const bytes = bytesOf(vector);
    const message = decode(bytes);
    expect(toJson(message)).toEqual(vector.message);
    expect(toHexString(encode(message as never))).toBe(vector.bytes);
  });

  it.each(refused)('refuses $name', ({ direction, bytes, code }) => {
    const { decode } = DIRECTIONS[direction];
    expect(() => decode(fromHexString(bytes))).toThrow(expect.objectContaining({ code }));
  });

  it('has a vector of every message type', () => {
    const used = new Set(vectors.map((vector) => bytesOf(vector)[0]));
    expect(used).toEqual(new Set(Object.values(MessageType)));
    expect(new Set(Object.values(MessageType)).size).toBe(Object.keys(MessageType).length);
  });

  it('has all messages and their numbers in SPEC.md', () => {
    const page = readFileSync(new URL('../../SPEC.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^([a-z-]+) += (\d+)/gm)];
    const specified = rows.map(([, type, code]) => `${type} ${code}`);
    const used = vectors.map((vector) => `${vector.message.type} ${bytesOf(vector)[0]}`);
    expect(new Set(specified)).toEqual(new Set(used));
  });

  it('refuses every message that is cut off, and every one with a byte too much', () => {
    for (const vector of vectors) {
      const { decode } = DIRECTIONS[vector.direction];
      const bytes = bytesOf(vector);
      const wrong = [new Uint8Array([...bytes, 0])];
      for (let length = 1; length < bytes.length; length++) wrong.push(bytes.subarray(0, length));
      for (const some of wrong) expect(() => decode(some), vector.name).toThrow(SyncError);
    }
  });

  it('writes on short ways what it writes on the long one', () => {
    const entries = {
      type: 'entries',
      channel: 300,
      from: 7,
      to: 2 ** 40,
      update: bytesOf(vectors[0]!),
    } as const;
    expect(encodeEntries(300, 7, 2 ** 40, entries.update)).toEqual(encodeServerMessage(entries));
    const awareness = {
      type: 'awareness',
      channel: 300,
      entries: [{ client: 1, clock: 2, state: '3' }],
    } as const;
    const update = encodeAwareness(awareness.entries);
    expect(encodeChannelAwareness(300, update)).toEqual(encodeServerMessage(awareness));
  });

  it.each([1, 2, 3, 4])('reads mutated bytes or refuses them, seed %i', (seed) => {
    const random = xorshift(seed);
    const pool = [...vectors, ...refused].map(bytesOf);
    for (let round = 0; round < 5_000; round++) {
      const bytes = mutate(pool[random(pool.length)] as Uint8Array, random);
      for (const { decode, encode } of [DIRECTIONS.client, DIRECTIONS.server]) {
        const message = readOrRefuse(() => decode(bytes));
        // What is read means the same when it is written again.
        if (message !== undefined) expect(decode(encode(message as never))).toEqual(message);
      }
      readOrRefuse(() => decodeFragment(bytes));
      readOrRefuse(() => [...decodeBody(bytes)]);
      readOrRefuse(() => new BodyReader(1_000).push(bytes));
    }
  });
});

function readOrRefuse<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return undefined;
  }
}

/** Flips, cuts, repeats, inserts, and writes lengths that are far too large. */
function mutate(source: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = [...source];
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(bytes.length + 1);
    const choice = random(5);
    if (choice === 0) bytes[at] = random(256);
    else if (choice === 1) bytes = bytes.slice(0, at);
    else if (choice === 2) bytes.splice(at, 0, ...bytes.slice(0, random(8)));
    else if (choice === 3) bytes.splice(at, random(4));
    else bytes.splice(at, 1, ...Array<number>(1 + random(8)).fill(0xff), random(128));
  }
  return Uint8Array.from(bytes);
}

/** Marsaglia's xorshift32. */
function xorshift(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
