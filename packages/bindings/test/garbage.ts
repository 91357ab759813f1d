import type { Random } from './random.ts';

/** Names that code looks up without asking whose they are. */
const KEYS = [
  'user',
  'name',
  'color',
  'id',
  'cursor',
  'x',
  'anchor',
  'toString',
  'valueOf',
  'toJSON',
  'then',
  'constructor',
  'length',
  '__proto__',
  'hasOwnProperty',
];

/** What anybody can send as JSON. */
export function garbage(random: Random, depth = 0): unknown {
  switch (random.below(depth > 4 ? 7 : 12)) {
    case 0:
      return null;
    case 1:
      return random.of([0, -1, 1e308, 2 ** 53, 0.5, -0]);
    case 2:
      return random.of([true, false]);
    case 3:
      return random.of([
        '',
        'Eve',
        '\ud800',
        '\u0000',
        '<img src=x>',
        'x'.repeat(5_000),
        'AAAA',
        'AQ==',
      ]);
    case 4:
      return [];
    case 5:
      return {};
    case 6:
      return random.of(KEYS);
    case 7:
      return Array.from({ length: random.below(4) }, () => garbage(random, depth + 1));
    default: {
      const fields: [string, unknown][] = [];
      for (let i = random.below(5); i > 0; i--) {
        fields.push([random.of(KEYS), garbage(random, depth + 1)]);
      }
      return Object.fromEntries(fields);
    }
  }
}

/** A state of awareness: with a user, more often than not. */
export function garbageState(random: Random): object {
  const state = { cursor: garbage(random, 1) } as Record<string, unknown>;
  if (random.isOnce(3)) state['user'] = garbage(random);
  else {
    state['user'] = {
      name: random.isOnce(2) ? 'Eve' : garbage(random, 3),
      color: random.isOnce(2) ? '#123456' : garbage(random, 3),
    };
  }
  return state;
}
