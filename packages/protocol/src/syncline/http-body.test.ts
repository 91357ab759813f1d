import { describe, expect, it } from 'vitest';
import { BodyReader, countMessages, decodeBody, encodeBody } from './http-body.ts';

const malformed = expect.objectContaining({ code: 'malformed-frame' });
const tooLarge = expect.objectContaining({ code: 'frame-too-large' });

const messages = [1, 127, 128, 20_000, 3].map((length) => new Uint8Array(length).fill(length));

describe('the body of a request', () => {
  it('holds messages in their order', () => {
    expect([...decodeBody(encodeBody(messages))]).toEqual(messages);
    expect([...decodeBody(encodeBody([]))]).toEqual([]);
    expect(countMessages(encodeBody(messages))).toBe(messages.length);
    expect(countMessages(encodeBody([]))).toBe(0);
  });

  it.each([1, 2, 7, 4_096, 100_000])('is read in pieces of %i bytes', (size) => {
    const body = encodeBody(messages);
    const reader = new BodyReader(20_000);
    const read: Uint8Array[] = [];
    for (let start = 0; start < body.length; start += size) {
      read.push(...reader.push(body.subarray(start, start + size)));
    }
    reader.end();
    expect(read).toEqual(messages);
  });

  it.each([
    ['an empty message', [0]],
    ['an integer without end', Array(9).fill(0x80)],
    ['an integer out of range', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])('refuses %s', (_, bytes) => {
    const body = Uint8Array.from(bytes as number[]);
    expect(() => [...decodeBody(body)]).toThrow(malformed);
    expect(() => countMessages(body)).toThrow(malformed);
    expect(() => new BodyReader(100).push(body)).toThrow(malformed);
  });

  it('refuses a message that announces too much before it comes', () => {
    expect(() => new BodyReader(100).push(Uint8Array.of(101))).toThrow(tooLarge);
    expect(() => [...decodeBody(Uint8Array.of(101, 1))]).toThrow(malformed);
    expect(() => countMessages(Uint8Array.of(101, 1))).toThrow(malformed);
  });

  it('does not end in the middle of a message', () => {
    const reader = new BodyReader(100);
    reader.push(Uint8Array.of(2, 1));
    expect(() => reader.end()).toThrow(malformed);
  });
});
