import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { inflateRaw } from './inflate.ts';

const TEXT = new TextEncoder().encode('some content, '.repeat(100_000));

it.each([0, 1, 70_000, TEXT.length])('%i bytes come back', async (length) => {
  const bytes = TEXT.subarray(0, length);
  expect(Buffer.compare(await inflateRaw(deflateRawSync(bytes)), bytes)).toBe(0);
});

it.each([
  ['not deflate', new TextEncoder().encode('hello world')],
  ['nothing', new Uint8Array()],
  ['cut short', deflateRawSync(TEXT).subarray(0, -4)],
])('what is %s is refused', async (_, packed) => {
  await expect(inflateRaw(packed)).rejects.toMatchObject({ code: 'malformed-frame' });
});

it('what would become too large is refused', async () => {
  const packed = deflateRawSync(new Uint8Array(1_000_001));
  await expect(inflateRaw(packed, 1_000_000)).rejects.toMatchObject({ code: 'frame-too-large' });
  expect((await inflateRaw(packed, 1_000_001)).length).toBe(1_000_001);
});
