import { expect, it } from 'vitest';
import { packLog, unpackLog } from './packed-log.ts';

const bytes = (...values: number[]) => new Uint8Array(values);

it.each([
  { checkpoint: undefined, entries: [] },
  { checkpoint: undefined, entries: [bytes(1, 2), bytes(), bytes(3)] },
  { checkpoint: bytes(9), entries: [] },
  { checkpoint: bytes(), entries: [bytes(1), bytes(2, 3)] },
])('what was packed is unpacked as it was: %j', (log) => {
  const packed = structuredClone(packLog(log));
  expect(unpackLog(packed)).toEqual(log);
});

it('takes over views into larger buffers, and nothing around them', () => {
  const large = bytes(1, 2, 3, 4, 5);
  const packed = packLog({ checkpoint: large.subarray(1, 3), entries: [large.subarray(4)] });
  expect([...packed.bytes]).toEqual([2, 3, 5]);
  expect(packed.bytes.buffer.byteLength).toBe(3);
});

it('is in memory that both threads see, and unpacked into memory of one', () => {
  const packed = packLog({ checkpoint: bytes(1), entries: [bytes(2)] });
  expect(packed.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(unpackLog(packed).checkpoint?.buffer).toBeInstanceOf(ArrayBuffer);
});
