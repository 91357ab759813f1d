/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What JSON can hold that code does not expect; the server refuses deeper lists. */
const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  -0,
  1e308,
  2 ** 53,
  '',
  ' ',
  'x',
  '__proto__',
  'constructor',
  'NaN',
  'red;background:url(/x)',
  '#12345',
  '\u0000\u202e\ud800',
  'long '.repeat(2_000),
  [],
  [null],
  {},
  { toString: 1 },
  { valueOf: null, toString: null },
  { length: -1 },
  { name: 'Eve', color: '#be185d' },
  JSON.parse('{"__proto__":{"toString":1}}') as unknown,
  JSON.parse('['.repeat(80) + ']'.repeat(80)) as unknown,
];

/**
 * A state as it could be, with nonsense at some of its places: another value, none, or one in a list.
 *
 * @param states what clients that mean well send
 */
export function nonsense(next: () => number, states: readonly object[]): object {
  const odd = () => ODD[Math.floor(next() * ODD.length)];
  const spoil = (value: unknown, share: number): unknown => {
    if (next() < share) return next() < 0.8 ? odd() : [value];
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => spoil(item, share));
    const entries = Object.entries(value).flatMap(([key, field]) =>
      next() < share / 2 ? [] : [[key, spoil(field, share)]],
    );
    return Object.fromEntries(entries) as object;
  };
  const state = states[Math.floor(next() * states.length)] as object;
  const spoiled = Object.entries(state).map(([key, field]) => [key, spoil(field, 0.12)]);
  return Object.fromEntries(spoiled) as object;
}
