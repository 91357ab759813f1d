import { describe, expect, it } from 'vitest';
import { Random, seeds } from '../test/random.ts';
import { diffText, isWellFormed, wellFormed } from './text-diff.ts';

function apply(before: string, after: string, caret?: number): string {
  const splice = diffText(before, after, caret);
  if (splice === undefined) return before;
  const { index, remove, insert } = splice;
  return before.slice(0, index) + insert + before.slice(index + remove);
}

describe('diffText', () => {
  it('finds the smallest edit', () => {
    expect(diffText('same', 'same')).toBeUndefined();
    expect(diffText('hello world', 'hello, world')).toEqual({ index: 5, remove: 0, insert: ',' });
    expect(diffText('hello world', 'Hello world', 11)).toEqual({
      index: 0,
      remove: 1,
      insert: 'H',
    });
    expect(diffText('abc', '')).toEqual({ index: 0, remove: 3, insert: '' });
    expect(diffText('', 'abc')).toEqual({ index: 0, remove: 0, insert: 'abc' });
  });

  it('finds a letter among equal ones where the caret is', () => {
    expect(diffText('aaaa', 'aaaaa', 3)).toEqual({ index: 2, remove: 0, insert: 'a' });
    expect(diffText('aaaa', 'aaaaa', 1)).toEqual({ index: 0, remove: 0, insert: 'a' });
    expect(diffText('aaaa', 'aaaaa')).toEqual({ index: 4, remove: 0, insert: 'a' });
    // Taken away before the caret or behind it, the caret is there.
    expect(diffText('aaaa', 'aaa', 2)).toEqual({ index: 2, remove: 1, insert: '' });
    expect(diffText('aaaa', 'aaa', 0)).toEqual({ index: 0, remove: 1, insert: '' });
    expect(diffText('xabab', 'xababab', 3)).toEqual({ index: 1, remove: 0, insert: 'ab' });
  });

  it('splits no surrogate pair', () => {
    // They begin with the same unit, or end with it.
    expect(diffText('😀', '😁')).toEqual({ index: 0, remove: 2, insert: '😁' });
    expect(diffText('😀', '\u{20600}')).toEqual({ index: 0, remove: 2, insert: '\u{20600}' });
    expect(diffText('😀', '😁😀')).toEqual({ index: 0, remove: 0, insert: '😁' });
    expect(diffText('😀😀', '😀😀😀', 2)).toEqual({ index: 0, remove: 0, insert: '😀' });
    expect(diffText('😁😀', '😀')).toEqual({ index: 0, remove: 2, insert: '' });
  });

  it.each(seeds(5))('leads from one string to the other, in whole characters: seed %i', (seed) => {
    const random = new Random(seed);
    const word = () =>
      Array.from({ length: random.below(6) }, () =>
        random.of(['a', 'b', '😀', '😁', '\u{20600}']),
      ).join('');
    for (let i = 0; i < 1_000; i++) {
      const [head, tail] = [word(), word()];
      const [before, after] = [head + word() + tail, head + word() + tail];
      const caret = random.isOnce(2) ? random.below(after.length + 1) : undefined;
      expect(apply(before, after, caret)).toBe(after);
      const splice = diffText(before, after, caret);
      if (splice === undefined) continue;
      expect(isWellFormed(splice.insert)).toBe(true);
      expect(isWellFormed(before.slice(splice.index, splice.index + splice.remove))).toBe(true);
      const [a, b] = [Array.from(before), Array.from(after)];
      const shorter = Math.min(a.length, b.length);
      let prefix = 0;
      while (prefix < shorter && a[prefix] === b[prefix]) prefix++;
      let suffix = 0;
      while (suffix < shorter - prefix && a.at(-1 - suffix) === b.at(-1 - suffix)) suffix++;
      expect(Array.from(splice.insert)).toHaveLength(b.length - prefix - suffix);
    }
  });
});

it('wellFormed is what other replicas get', () => {
  expect(wellFormed('a\ud83d b\ude00 😀')).toBe('a\ufffd b\ufffd 😀');
  expect(isWellFormed('😀')).toBe(true);
  expect(isWellFormed('\ud83d')).toBe(false);
});
