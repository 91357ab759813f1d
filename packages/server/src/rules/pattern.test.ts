import type { SyncError } from '@syncline/protocol';
import { describe, expect, it } from 'vitest';
import { DocumentPattern } from './pattern.ts';

const match = (pattern: string, name: string) => new DocumentPattern(pattern).match(name);

function problem(pattern: string): string {
  try {
    return `none: ${new DocumentPattern(pattern).text}`;
  } catch (error) {
    expect((error as SyncError).code).toBe('rules-invalid');
    return (error as SyncError).message;
  }
}

describe('a pattern', () => {
  it.each([
    ['boards', 'boards', {}],
    ['boards', 'boards/1', undefined],
    ['boards', 'Boards', undefined],
    ['boards', 'myboards', undefined],
    ['boards/{team}/{board}', 'boards/a/b', { team: 'a', board: 'b' }],
    ['boards/{team}/{board}', 'boards/a/b/c', undefined],
    ['boards/{team}/{board}', 'boards//b', undefined],
    ['boards/{team}/{board}', 'boards/a/', undefined],
    ['{name}', 'ö 1', { name: 'ö 1' }],
    ['*', 'a', {}],
    ['*', 'a/b', undefined],
    ['a/*/c', 'a/b/c', {}],
    ['a/*/c', 'a//c', undefined],
    ['team-{t}-*', 'team-a-b', { t: 'a' }],
    ['team-{t}-*', 'team-a-b-c', { t: 'a' }],
    ['team-{t}-*', 'team--b', undefined],
    ['{a}-{b}', 'x-y-z', { a: 'x', b: 'y-z' }],
    ['{a}-end', 'x-end-end', { a: 'x-end' }],
    ['**', 'a', {}],
    ['**', 'a/b/c', {}],
    ['**', '/', {}],
    ['a/**', 'a/b/c', {}],
    ['a/**', 'a/', undefined],
    ['a/**', 'a', undefined],
    ['a**', 'a', {}],
    ['a/**/z', 'a/b/c/z', {}],
    ['a/**/z', 'a//z', {}],
    ['a/**/z', 'a/z', undefined],
    ['**/{file}', 'a/b/c', { file: 'c' }],
    ['**.{ext}', 'a/b.c.d', { ext: 'c.d' }],
    ['private/{owner}/**', 'private/ada/x/y', { owner: 'ada' }],
    ['a.b', 'aXb', undefined],
    ['a+(b)', 'a+(b)', {}],
    ['\\{a\\}\\*\\\\', '{a}*\\', {}],
    ['💾{x}', '💾💾', { x: '💾' }],
  ])('%s on %s gives %j', (pattern, name, expected) => {
    expect(match(pattern, name)).toEqual(expected);
  });

  it.each([
    ['', 'must not be empty'],
    ['a/{b', 'without the other'],
    ['a/b}', 'without the other'],
    ['{}', 'a name is letters'],
    ['{a b}', 'a name is letters'],
    ['{1}', 'a name is letters'],
    ['{a}/{a}', 'has {a} twice'],
    ['{a}{b}', 'side by side'],
    ['{a}*', 'side by side'],
    ['**{a}', 'side by side'],
    ['a***', 'more than two'],
    ['a\\', 'ends with \\'],
  ])('%j is none: it %s', (pattern, message) => {
    expect(problem(pattern)).toContain(message);
  });

  it('matches what the plainest search finds', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const pick = (from: readonly string[]) => from[random(from.length)] as string;
    let matched = 0;
    for (let i = 0; i < 5_000; i++) {
      const pieces = Array.from({ length: 1 + random(4) }, (_, index) =>
        index % 2 === 0 ? pick(['a', 'b', '/', 'ab', 'a/']) : pick(['*', '**']),
      );
      const name = Array.from({ length: 1 + random(8) }, () => pick(['a', 'b', '/'])).join('');
      const regex = pieces.map((piece, index) => {
        if (piece === '*') return '[^/]+';
        if (piece !== '**') return piece;
        const isBehindSlash = (pieces[index - 1] as string).endsWith('/');
        return index === pieces.length - 1 && isBehindSlash ? '.+' : '.*';
      });
      const expected = new RegExp(`^${regex.join('')}$`).test(name);
      if (expected) matched++;
      expect([pieces, name, match(pieces.join(''), name) !== undefined]).toEqual([
        pieces,
        name,
        expected,
      ]);
    }
    expect(matched).toBeGreaterThan(300);
  });

  it('takes little time on the longest name that was made for it', () => {
    const pattern = new DocumentPattern(`${'**a'.repeat(80)}*a*a*a*a*a*a*a*a{x}b`);
    const name = 'a'.repeat(512);
    const start = performance.now();
    for (let i = 0; i < 20; i++) expect(pattern.match(name)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
