import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { writeText } from './write-text.ts';

/** A text, and what was done to it. */
function shared(content: string) {
  const text = new Y.Doc().getText();
  text.insert(0, content);
  const deltas: unknown[] = [];
  text.observe(({ delta }) => deltas.push(delta));
  return { text, deltas };
}

describe('writeText', () => {
  it.each([
    ['abc', 'abXc', [{ retain: 2 }, { insert: 'X' }]],
    ['abc', 'ac', [{ retain: 1 }, { delete: 1 }]],
    ['aaa', 'aa', [{ retain: 2 }, { delete: 1 }]],
    ['', 'new', [{ insert: 'new' }]],
    ['old', '', [{ delete: 3 }]],
    ['one two three', 'one 2 three', [{ retain: 4 }, { delete: 3 }, { insert: '2' }]],
  ])('makes %j be %j by the smallest replacement', (before, after, delta) => {
    const { text, deltas } = shared(before);
    writeText(text, after);
    expect(text.toString()).toBe(after);
    expect(deltas).toEqual([delta]);
  });

  it('leaves alone what is the same', () => {
    const { text, deltas } = shared('same');
    writeText(text, 'same');
    expect(deltas).toEqual([]);
  });

  it.each([
    ['a😀b', 'a😁b'],
    ['😀', '😀😁'],
    ['😁😀', '😀'],
    // The same second half, and another first one.
    ['\u{1F600}', '\u{1FA00}'],
  ])('does not cut a character of %j', (before, after) => {
    const { text, deltas } = shared(before);
    writeText(text, after);
    expect(text.toString()).toBe(after);
    const inserted = JSON.stringify(deltas).match(/\\ud[89a-f]/gi);
    expect(inserted).toBeNull();
  });

  it.each([
    ['1\r\n2', '1\n23', '1\r\n23'],
    ['1\r\n2', '1\n2', '1\r\n2'],
    ['1\r\n2', '1\n\n2', '1\r\n\n2'],
    ['1\r2', '12', '12'],
    ['1\r2', '1\n\n2', '1\r\n\n2'],
    ['1\n2', '1\r\n2\r\n', '1\n2\n'],
  ])('keeps the line ends of %j when that is asked for: %j', (before, value, after) => {
    const { text } = shared(before);
    writeText(text, value, { keepLineEnds: true });
    expect(text.toString()).toBe(after);
    writeText(text, value);
    expect(text.toString()).toBe(value);
  });
});
