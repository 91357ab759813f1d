import { describe, expect, it } from 'vitest';
import { LineBreaks, shownOf } from './line-breaks.ts';

const TEXTS = [
  '',
  'ab',
  'a\nb',
  '\r\n',
  'a\r\nb\r\n\r\nc',
  '\r\n\r\n',
  'a\rb\r\r\nc\n\rd',
  '1\u20282\r\n',
];

describe('line breaks', () => {
  it.each(TEXTS)('%j: a place in the editor is one in the text, and back', (content) => {
    const breaks = new LineBreaks();
    breaks.read(content);
    const shown = shownOf(content);
    expect(shown).not.toContain('\r');
    expect(breaks.hasReturns).toBe(content.includes('\r'));
    for (let place = 0; place <= shown.length; place++) {
      const index = breaks.toContent(place);
      expect(breaks.toShown(index)).toBe(place);
      expect(shownOf(content.slice(0, index))).toBe(shown.slice(0, place));
      expect(shownOf(content.slice(index))).toBe(shown.slice(place));
    }
  });

  it('a place within a break is before it', () => {
    const breaks = new LineBreaks();
    breaks.read('a\r\nb\r\nc');
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((index) => breaks.toShown(index))).toEqual([
      0, 1, 1, 2, 3, 3, 4, 5,
    ]);
  });
});
