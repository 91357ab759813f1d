import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deflateUpdate, inflateUpdate } from './stored-update.ts';

/** As updates are: the same again and again, with something new in between. */
function compressible(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index % 97 === 0 ? index / 97 : index % 13));
}

const KIB = 1024;
/** Small ones are deflated and inflated here, large ones elsewhere. */
const LENGTHS = [256, 64 * KIB, 64 * KIB + 1, 17 * 1024 * KIB];

describe('a stored update', () => {
  it.each(LENGTHS)('of %i bytes is deflated when that pays', async (length) => {
    const update = compressible(length);
    const stored = await deflateUpdate(update);
    expect(stored).toMatchObject({ encoding: 'deflate-raw', length });
    expect(stored.bytes.length).toBeLessThan(length / 2);
    expect(Buffer.compare(inflateRawSync(stored.bytes), update)).toBe(0);
    expect(Buffer.compare(await inflateUpdate(stored), update)).toBe(0);
  });

  it.each([0, 1, 255, 10_000])('of %i incompressible bytes is kept as it is', async (length) => {
    const update = crypto.getRandomValues(new Uint8Array(length));
    const stored = await deflateUpdate(update);
    expect(stored).toEqual({ encoding: 'identity', length, bytes: update });
    const again = await inflateUpdate(stored);
    expect(again).toEqual(update);
    expect(again.buffer).not.toBe(update.buffer);
  });

  it.each(LENGTHS)('of %i bytes is refused under another length', async (length) => {
    const stored = await deflateUpdate(compressible(length));
    for (const wrong of [length - 1, length + 1, 0]) {
      await expect(inflateUpdate({ ...stored, length: wrong })).rejects.toThrow();
    }
    await expect(inflateUpdate({ ...stored, encoding: 'identity' })).rejects.toThrow(/instead of/);
  });

  it.each([9, 512 * KIB])('of bytes that cannot be inflated to %i is refused', async (length) => {
    const bytes = Buffer.from([0xff, 0xff]);
    await expect(inflateUpdate({ encoding: 'deflate-raw', length, bytes })).rejects.toThrow();
  });
});
