import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint, encodeRecord } from './record.ts';

const key = Buffer.from('key');
const damaged = expect.objectContaining({ code: 'store-damaged' });

describe("a checkpoint's record", () => {
  it('is deflated when that pays', async () => {
    const update = Buffer.from('the same again and again '.repeat(1_000));
    const record = encodeRecord(key, await encodeCheckpoint(update));
    expect(record.length).toBeLessThan(update.length / 10);
    expect(Buffer.compare(await decodeCheckpoint(key, record), update)).toBe(0);
  });

  it.each([0, 1, 10_000])('holds %i incompressible bytes as they are', async (length) => {
    const update = crypto.getRandomValues(new Uint8Array(length));
    const body = await encodeCheckpoint(update);
    expect(body.length).toBe(length + 5);
    expect(await decodeCheckpoint(key, encodeRecord(key, body))).toEqual(update);
  });

  it('is not inflated past the length that it gives', async () => {
    const body = await encodeCheckpoint(Buffer.alloc(50_000_000));
    body.writeUInt32BE(1_000, 1);
    await expect(decodeCheckpoint(key, encodeRecord(key, body))).rejects.toEqual(damaged);
    body.writeUInt32BE(0xffff_ffff, 1);
    await expect(decodeCheckpoint(key, encodeRecord(key, body))).rejects.toEqual(damaged);
  });

  it.each([
    ['an unknown encoding', Buffer.from([7, 0, 0, 0, 1, 1])],
    ['a length that is not its own', Buffer.from([0, 0, 0, 0, 9, 1])],
    ['deflated bytes that are none', Buffer.from([1, 0, 0, 0, 9, 0xff, 0xff])],
    ['no header', Buffer.from([0])],
  ])('with %s is refused though its checksum holds', async (_, body) => {
    const record = encodeRecord(key, body);
    expect(record.readUInt32BE(1)).toBe(crc32(body, crc32(key)));
    await expect(decodeCheckpoint(key, record)).rejects.toEqual(damaged);
  });
});
