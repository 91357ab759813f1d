import type { Text } from '@codemirror/state';

/** What stands between two places is replaced. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** The edit that makes one string of another; undefined when they are equal. */
export function editBetween(before: string, after: string): Edit | undefined {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from++;
  let tail = 0;
  while (tail < shorter - from && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return { from, to: before.length - tail, insert: after.slice(from, after.length - tail) };
}

/**
 * The same edit, that takes whole characters: browsers tell of one emoji that replaces another as of half of it, of
 * which Yjs would make U+FFFD.
 */
export function wholePairs(doc: Text, { from, to, insert }: Edit): Edit {
  const start = isWithinPair(doc, from) ? from - 1 : from;
  const end = to > from && isWithinPair(doc, to) ? to + 1 : to;
  return {
    from: start,
    to: end,
    insert: doc.sliceString(start, from) + insert + doc.sliceString(to, end),
  };
}

function isWithinPair(doc: Text, place: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(doc.sliceString(place - 1, place + 1));
}
