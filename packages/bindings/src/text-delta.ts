import type { Splice } from './text-diff.ts';

/** Edits of a string one after the other: the index of each is in what those before it made. */
export type Splices = readonly Splice[];

interface DeltaPart {
  readonly insert?: unknown;
  readonly delete?: number;
  readonly retain?: number;
}

/** The edits of a Yjs event; an embed is one character. */
export function splicesOf(delta: readonly DeltaPart[], embed: string): Splices {
  const splices: Splice[] = [];
  let index = 0;
  for (const { insert, delete: remove, retain } of delta) {
    if (retain !== undefined) index += retain;
    else if (remove !== undefined) splices.push({ index, remove, insert: '' });
    else {
      const inserted = typeof insert === 'string' ? insert : embed;
      splices.push({ index, remove: 0, insert: inserted });
      index += inserted.length;
    }
  }
  return splices;
}

export function applySplices(text: string, splices: Splices): string {
  let result = text;
  for (const { index, remove, insert } of splices) {
    result = result.slice(0, index) + insert + result.slice(index + remove);
  }
  return result;
}

/**
 * Where a place between characters is after the edits.
 *
 * @param side where it is when something was put in at that very place: before or after that
 */
export function movePlace(place: number, splices: Splices, side: 'before' | 'after'): number {
  let at = place;
  for (const { index, remove, insert } of splices) {
    if (at < index || (at === index && side === 'before')) continue;
    at =
      at > index + remove || side === 'after'
        ? Math.max(at - remove, index) + insert.length
        : index;
  }
  return at;
}

/** Where a character is after the edits; undefined when it was taken away. */
export function moveCharacter(place: number, splices: Splices): number | undefined {
  let at = place;
  for (const { index, remove, insert } of splices) {
    if (at < index) continue;
    if (at < index + remove) return undefined;
    at += insert.length - remove;
  }
  return at;
}

/**
 * An edit that was found in a string, as edits of what others made of that string meanwhile: what they put in
 * stays, and what both took away is taken away once.
 */
export function rebase({ index, remove, insert }: Splice, others: Splices): Splices {
  if (others.length === 0) return [{ index, remove, insert }];
  const left: Splice[] = [];
  const at = movePlace(index, others, 'before');
  for (let place = index + remove - 1; place >= index; place--) {
    const now = moveCharacter(place, others);
    if (now === undefined) continue;
    const last = left.at(-1);
    if (last !== undefined && last.index === now + 1) {
      left[left.length - 1] = { index: now, remove: last.remove + 1, insert: '' };
    } else left.push({ index: now, remove: 1, insert: '' });
  }
  // What was taken away is at the place or after it, so the place is still right.
  return insert === '' ? left : [...left, { index: at, remove: 0, insert }];
}
