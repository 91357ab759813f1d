import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFault } from './json.ts';

function faultOf(text: string, maxDepth = 100): string | undefined {
  const bytes = new TextEncoder().encode(`..${text}..`);
  return findJsonFault(bytes, 2, bytes.length - 2, maxDepth);
}

/** What JSON.parse says of a text; numbers that become infinite are a fault, too. */
function isJson(text: string): boolean {
  try {
    let isFinite = true;
    JSON.parse(text, (_, value: unknown) => {
      if (value === Infinity || value === -Infinity) isFinite = false;
      return value;
    });
    return isFinite;
  } catch {
    return false;
  }
}

describe('a text', () => {
  it.each([
    '',
    ' ',
    '1 2',
    '{',
    '}',
    '[1,]',
    '[,1]',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{1:2}',
    '[1}',
    '{"a":1]',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '--1',
    '0x1',
    '1_0',
    'Infinity',
    'NaN',
    'undefined',
    '"',
    '"\\',
    '"\\u12"',
    '"\\x"',
    '"\t"',
    '"\n"',
    "'a'",
    'tru',
    'truee',
    'nul',
    'True',
    '1e999',
    '-1e999',
    '9'.repeat(400),
    '\ufeff1',
    '\u00a01',
    '"\ud800"'.slice(0, 2),
    '0',
    '-0',
    '0.5',
    '1e5',
    '1E-400',
    '1e+3',
    '9'.repeat(300),
    '-12.5e-3',
    ' [ ] ',
    '{ }',
    '"\\u00e9\\n\\/"',
    '"äöü漢😀"',
    '[[],{}]',
    '{"":{"":[null,true,false]}}',
    '\t\n\r 1 \t',
  ])('%j is JSON when JSON.parse takes it', (text) => {
    expect(faultOf(text) === undefined).toBe(isJson(text));
  });

  it('is checked as by JSON.parse, whatever it is', () => {
    const texts = fc.oneof(
      fc.json(),
      fc
        .tuple(fc.json(), fc.nat(), fc.constantFrom(...'"[]{}:,0.-eE\\u '.split('')))
        .map(([json, where, char]) => {
          const at = where % (json.length + 1);
          return json.slice(0, at) + char + json.slice(at + (where % 2));
        }),
      fc
        .array(fc.constantFrom(...'"[]{}:,01.-eE+\\un '.split('')), { maxLength: 12 })
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        if (/\p{Surrogate}/u.test(text)) return; // cannot be encoded
        expect(faultOf(text) === undefined, text).toBe(isJson(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it('may nest as deep as is allowed, and no deeper', () => {
    expect(faultOf('[[{"a":[1]}]]', 4)).toBeUndefined();
    expect(faultOf('[[{"a":[1]}]]', 3)).toBe('nests too deep');
    expect(faultOf('[[1],[2],[{}]]', 3)).toBeUndefined();
  });
});

describe('many values', () => {
  it('take linear time, and make nothing', () => {
    const bytes = new TextEncoder().encode(`[${'[],'.repeat(3_000_000)}1]`);
    const before = process.memoryUsage().heapUsed;
    expect(findJsonFault(bytes, 0, bytes.length, 100)).toBeUndefined();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1024 * 1024);
  });
});
