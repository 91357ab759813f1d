import { describe, expect, it } from 'vitest';
import { decodeClientMessage } from './client-message.ts';
import { Defragmenter, decodeFragment, encodeFragment, fragmentsOf } from './fragment.ts';

const malformed = expect.objectContaining({ code: 'malformed-frame' });
const tooLarge = expect.objectContaining({ code: 'frame-too-large' });

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => 50 + (index % 20));

describe('fragments', () => {
  it.each([20, 99, 100, 101, 190, 191, 1_000, 5_000])(
    'F1 a message of %i bytes arrives',
    (length) => {
      const message = bytes(length);
      const frames = fragmentsOf(message, 100);
      expect(Math.max(...frames.map((frame) => frame.length))).toBeLessThanOrEqual(100);
      expect(frames.length > 1).toBe(length > 100);
      const defragmenter = new Defragmenter(length);
      const arrived = frames.map((frame) => defragmenter.accept(frame));
      expect(arrived.pop()).toEqual(message);
      expect(arrived.every((message) => message === undefined)).toBe(true);
      expect(defragmenter.pendingBytes).toBe(0);
    },
  );

  it('F2 let whole messages pass between them', () => {
    const message = bytes(200);
    const [first, second, third] = fragmentsOf(message, 100) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const defragmenter = new Defragmenter(1_000);
    const ping = new Uint8Array([1]);
    expect(defragmenter.accept(first)).toBe(undefined);
    expect(defragmenter.accept(ping)).toBe(ping);
    expect(defragmenter.accept(second)).toBe(undefined);
    expect(defragmenter.accept(third)).toEqual(message);
  });

  it('F3 are refused when they make more than the limit', () => {
    const defragmenter = new Defragmenter(250);
    const part = bytes(100);
    defragmenter.accept(encodeFragment({ last: false, part }));
    defragmenter.accept(encodeFragment({ last: false, part }));
    expect(() => defragmenter.accept(encodeFragment({ last: true, part }))).toThrow(tooLarge);
  });

  it('F4 are not empty, and make no fragment', () => {
    const defragmenter = new Defragmenter(250);
    const empty = encodeFragment({ last: false, part: new Uint8Array() });
    expect(() => defragmenter.accept(empty)).toThrow(malformed);
    const part = encodeFragment({ last: true, part: bytes(1) });
    const nested = defragmenter.accept(encodeFragment({ last: true, part }));
    expect(() => decodeClientMessage(nested ?? bytes(1))).toThrow(malformed);
  });

  it('take no more memory in the smallest pieces', () => {
    const defragmenter = new Defragmenter(100_000);
    for (let index = 0; index < 99_999; index++) {
      defragmenter.accept(encodeFragment({ last: false, part: bytes(1) }));
    }
    expect(defragmenter.pendingBytes).toBe(99_999);
    expect(defragmenter.accept(encodeFragment({ last: true, part: bytes(1) }))?.length).toBe(
      100_000,
    );
  });

  it.each([
    ['that end early', [3, 0]],
    ['with a part beyond the frame', [3, 0, 5, 1]],
    ['with bytes behind', [3, 0, 1, 1, 1]],
    ['that are neither the last nor not', [3, 2, 1, 1]],
  ])('are refused %s', (_, frame) => {
    expect(() => decodeFragment(Uint8Array.from(frame))).toThrow(malformed);
  });

  it('cannot be smaller than what a fragment needs beside its part', () => {
    expect(() => fragmentsOf(bytes(11), 10)).toThrow(TypeError);
  });
});
