import { describe, expect, it } from 'vitest';
import { userOf } from './people.ts';

/** Cases of one value each, which may be a list. */
const cases = (...values: readonly unknown[]) => values.map((value) => ({ value }));
const of = (name: unknown, color?: unknown) => userOf({ user: { name, color } });

describe('who sends a state', () => {
  it('is somebody with a name and a colour', () => {
    expect(of('Ada', '#1d4ed8')).toEqual({
      name: 'Ada',
      color: '#1d4ed8',
      colorLight: '#1d4ed833',
    });
  });

  it.each(
    cases(
      null,
      7,
      'Eve',
      [],
      {},
      { user: null },
      { user: 'Eve' },
      { user: ['Eve'] },
      { user: { name: 7 } },
      { user: { name: { toString: 1 } } },
      { user: { name: ' \u0000\u202e\n' } },
      JSON.parse('{"__proto__":{"user":{"name":"Eve"}}}') as unknown,
    ),
  )('is nobody of $value', ({ value }) => {
    expect(userOf(value)).toBe(undefined);
  });

  it.each(
    cases(
      undefined,
      null,
      7,
      {},
      { toString: 1 },
      ['#1d4ed8'],
      '#1d4ed',
      '#1d4ed8;background:url(/x)',
      'red',
      `#${'1'.repeat(1_000_000)}`,
    ),
  )('has a colour of ours in the place of $value', ({ value }) => {
    expect(of('Eve', value)?.color).toBe('#64748b');
  });

  it('has a name of one line that fits', () => {
    expect(of('  A\u0000d\u202ea\n ')?.name).toBe('Ada');
    expect(of('😀'.repeat(100))?.name).toBe('😀'.repeat(40));
    expect(of('x'.repeat(1_000_000))?.name).toBe('x'.repeat(40));
  });
});
