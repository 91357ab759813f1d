import * as Y from 'yjs';
import type { Match } from './list-diff.ts';
import type { AnyType } from './undo.ts';

interface Lists {
  readonly base: readonly unknown[];
  readonly contents: readonly unknown[];
  readonly list: readonly unknown[];
  /** Pairs of indexes of what stays. */
  readonly matches: readonly Match[];
}

interface Moves {
  /** Indexes of what is taken away, and put in elsewhere. */
  readonly gone: ReadonlySet<number>;
  /** By the indexes of where it is to be: what it is a copy of. */
  readonly copies: ReadonlyMap<number, AnyType>;
}

/** Texts and XML that are elsewhere now: the strings that show them say neither what format nor what embeds they have. */
export function movesOf({ base, contents, list, matches }: Lists): Moves {
  const staying = new Set(matches.map(([x]) => x));
  const leaving = new Map<string, number[]>();
  for (const [x, shown] of base.entries()) {
    if (typeof shown !== 'string' || staying.has(x)) continue;
    if (contents[x] instanceof Y.AbstractType)
      leaving.set(shown, [...(leaving.get(shown) ?? []), x]);
  }
  const gone = new Set<number>();
  const copies = new Map<number, AnyType>();
  if (leaving.size === 0) return { gone, copies };
  const kept = new Set(matches.map(([, y]) => y));
  for (const [y, item] of list.entries()) {
    const x = typeof item === 'string' && !kept.has(y) ? leaving.get(item)?.shift() : undefined;
    if (x === undefined) continue;
    gone.add(x);
    copies.set(y, contents[x] as AnyType);
  }
  return { gone, copies };
}
