import { randomBytes } from 'node:crypto';
import type { NodeId } from '@syncline/bus';
import { SyncError } from '@syncline/protocol';
import { expect, it } from 'vitest';
import { decodeEnvelope, encodeEnvelope, encodeHeader, type Packet } from './envelope.ts';

const sender = { node: '0123456789abcdef' as NodeId, connection: 300 };
const HEADER = `01 ${sender.node} 0000012c`;
const bytes = (...values: number[]) => new Uint8Array(values);
const fromHex = (vector: string) => Buffer.from(vector.replaceAll(' ', ''), 'hex');

/** Nodes of different versions share a Redis while they are replaced: these bytes stay as they are. */
const VECTORS: readonly (readonly [Packet, string])[] = [
  [{ type: 'message', bytes: bytes(7, 8) }, '01 020708'],
  [{ type: 'beat', count: 128 }, '02 8001'],
  [{ type: 'missed' }, '03'],
  [{ type: 'goodbye' }, '04'],
  [{ type: 'request', id: 1, bytes: bytes() }, '05 01 00'],
  [{ type: 'answer', id: 1, bytes: bytes(9) }, '06 01 0109'],
  [{ type: 'failure', id: 2, code: 'internal', message: 'é' }, '07 02 08696e7465726e616c 02c3a9'],
];

it.each(VECTORS)('writes and reads %j as the bytes that are agreed upon', (packet, vector) => {
  const golden = fromHex(`${HEADER} ${vector}`);
  expect(encodeEnvelope(encodeHeader(sender), packet).toString('hex')).toBe(golden.toString('hex'));
  const envelope = decodeEnvelope(golden);
  expect(envelope.sender).toEqual(sender);
  expect(envelope.packet()).toEqual(packet);
});

it('has a vector for every type', () => {
  const types: Record<Packet['type'], true> = {
    message: true,
    beat: true,
    missed: true,
    goodbye: true,
    request: true,
    answer: true,
    failure: true,
  };
  expect(VECTORS.map(([{ type }]) => type)).toEqual(Object.keys(types));
});

const refused = expect.objectContaining({ name: 'SyncError', code: 'malformed-frame' });

it('refuses an envelope that is cut off, or followed by a byte', () => {
  for (const [, vector] of VECTORS) {
    const whole = fromHex(`${HEADER} ${vector}`);
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeEnvelope(whole.subarray(0, length)).packet()).toThrow(refused);
    }
    expect(() => decodeEnvelope(Buffer.concat([whole, bytes(0)])).packet()).toThrow(refused);
  }
});

it.each([
  ['another version', `02 ${sender.node} 0000012c 03`],
  ['an unknown packet', `${HEADER} 08`],
])('refuses %s', (_what, vector) => {
  expect(() => decodeEnvelope(fromHex(vector)).packet()).toThrow(refused);
});

it('reads random bytes, or refuses them as malformed', () => {
  const seeds = VECTORS.map(([, vector]) => fromHex(`${HEADER} ${vector}`));
  for (let round = 0; round < 10_000; round++) {
    const data = Buffer.from(seeds[round % seeds.length] as Buffer);
    const [at = 0, value = 0] = randomBytes(2);
    data[at % data.length] = value;
    try {
      decodeEnvelope(round % 3 === 0 ? randomBytes(round % 40) : data).packet();
    } catch (error) {
      if (!(error instanceof SyncError && error.code === 'malformed-frame')) {
        throw new Error(`${data.toString('hex')} is not refused as it should`, { cause: error });
      }
    }
  }
});
