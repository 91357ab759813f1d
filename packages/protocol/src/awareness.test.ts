import { describe, expect, it } from 'vitest';
import { decodeAwareness, encodeAwareness } from './awareness.ts';
import { SyncError } from './sync-error.ts';

const malformed = expect.objectContaining({ code: 'malformed-frame' });

const stateOf = (state: string) => encodeAwareness([{ client: 1, clock: 1, state }]);

describe('an awareness update', () => {
  it('is read without an entry with a clock that no honest client could reach', () => {
    const honest = { client: 1, clock: 2 ** 32 - 1, state: '{}' };
    const entries = [{ client: 2, clock: 2 ** 32, state: '{}' }, honest];
    expect(decodeAwareness(encodeAwareness(entries))).toEqual([honest]);
  });

  it('is read without what its guard does not want, of which it knows the size', () => {
    const entries = [
      { client: 1, clock: 5, state: 'no JSON' },
      { client: 2, clock: 7, state: '{}' },
    ];
    const asked: unknown[] = [];
    const guard = {
      count: (count: number) => asked.push(count),
      wants: (...args: number[]) => {
        asked.push(args);
        return args[0] === 2;
      },
    };
    expect(decodeAwareness(encodeAwareness(entries), guard)).toEqual([entries[1]]);
    expect(asked).toEqual([2, [1, 5, 7], [2, 7, 2]]);
  });

  it('is refused as its guard says, before a state is read', () => {
    const tooLarge = new SyncError('awareness-too-large', 'no');
    const guard = {
      count: () => {},
      wants: () => {
        throw tooLarge;
      },
    };
    expect(() => decodeAwareness(stateOf('no JSON'), guard)).toThrow(tooLarge);
  });

  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('may nest 100 %s, and no more', (_, open, close) => {
    const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
    expect(decodeAwareness(stateOf(nested(100)))).toHaveLength(1);
    expect(() => decodeAwareness(stateOf(nested(101)))).toThrow(malformed);
  });

  it('may have any number of brackets and quotes in its texts', () => {
    const state = JSON.stringify({ text: '[{"\\'.repeat(500), more: '"'.repeat(500) });
    expect(decodeAwareness(stateOf(state))[0]?.state).toBe(state);
  });

  it.each([
    ['escaped quotes', `"${'\\"'.repeat(500_000)}`],
    ['backslashes', `"${'\\'.repeat(1_000_001)}`],
    ['quotes', '"'.repeat(1_000_001)],
    ['brackets in a text', `"${'['.repeat(1_000_000)}`],
  ])('of a megabyte of %s without an end is refused at once', (_, state) => {
    const start = performance.now();
    expect(() => decodeAwareness(stateOf(state))).toThrow(malformed);
    expect(performance.now() - start).toBeLessThan(5_000); // and not some minutes
  });

  it.each([
    ['a count beyond the bytes', [0xff, 0xff, 0xff, 0xff, 1]],
    ['a state that is no JSON', [1, 1, 1, 1, 123]],
    ['a state that is no UTF-8', [1, 1, 1, 2, 34, 255]],
    ['bytes behind it', [0, 0]],
  ])('is refused with %s', (_, bytes) => {
    // A view into a larger buffer, where other bytes follow.
    const pool = Uint8Array.from([1, 2, 3, ...bytes, ...Array<number>(100).fill(0)]);
    expect(() => decodeAwareness(pool.subarray(3, 3 + bytes.length))).toThrow(malformed);
  });
});
