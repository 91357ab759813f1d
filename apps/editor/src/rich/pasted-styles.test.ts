import { describe, expect, it } from 'vitest';
import { withoutStyles } from './pasted-styles.ts';

describe('pasted HTML', () => {
  it.each([
    ['<b style="font-weight: normal">x</b>', '<b data-pasted-style="font-weight: normal">x</b>'],
    ["<p class=a STYLE='a > b'  id=b>", "<p class=a data-pasted-style='a > b'  id=b>"],
    ['<br style=x/>', '<br data-pasted-style=x/>'],
    ['<img src="/x" onerror="a()" alt=">">', '<img src="/x" alt=">">'],
    ['<style type="text/css">p { color: red }</style><p>x</p>', '<p>x</p>'],
    ['<p>style="x" and 1 < 2 onclick="y"</p>', '<p>style="x" and 1 < 2 onclick="y"</p>'],
    ['<a href="/?a=1 style=2">', '<a href="/?a=1 style=2">'],
    ['<p style="a" style="b">', '<p data-pasted-style="a" data-pasted-style="b">'],
    [
      '<!-- style="x" --><td style="x" colspan=2 nowrap>',
      '<!-- style="x" --><td data-pasted-style="x" colspan=2 nowrap>',
    ],
  ])('%s has no styles of its own', (html, without) => {
    expect(withoutStyles(html)).toBe(without);
  });

  it('takes no longer to look at than it is long', () => {
    const long = `<p ${'a="x" '.repeat(50_000)}<`;
    const start = performance.now();
    withoutStyles(long);
    withoutStyles('<p '.repeat(50_000));
    withoutStyles('<style>'.repeat(5_000));
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
