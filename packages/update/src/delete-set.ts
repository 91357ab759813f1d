/**
 * Which clocks of which clients are deleted. A client's ranges are one flat list
 * `[start, end, start, end, …]`, ends exclusive, ascending, apart from each other by at least one clock.
 */
export type DeleteSet = ReadonlyMap<number, Ranges>;
export type Ranges = readonly number[];

export const EMPTY_DELETE_SET: DeleteSet = new Map();

/** Brings ranges in any order into the form of {@link Ranges}; ranges of no length fall out. */
export function normalizeRanges(flat: readonly number[]): number[] {
  let previousEnd = -1;
  let tidy = true;
  for (let i = 0; i < flat.length && tidy; i += 2) {
    tidy = at(flat, i) > previousEnd && at(flat, i + 1) > at(flat, i);
    previousEnd = at(flat, i + 1);
  }
  if (tidy) return flat as number[];

  const pairs: [number, number][] = [];
  for (let i = 0; i < flat.length; i += 2) {
    if (at(flat, i + 1) > at(flat, i)) pairs.push([at(flat, i), at(flat, i + 1)]);
  }
  pairs.sort((a, b) => a[0] - b[0]);
  const ranges: number[] = [];
  for (const [start, end] of pairs) {
    const last = ranges.length - 1;
    if (last >= 0 && start <= at(ranges, last)) ranges[last] = Math.max(at(ranges, last), end);
    else ranges.push(start, end);
  }
  return ranges;
}

/** The first pair of `ranges` that ends after `clock`, as an index into the flat list. */
function pairEndingAfter(ranges: Ranges, clock: number): number {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(ranges, middle * 2 + 1) > clock) high = middle;
    else low = middle + 1;
  }
  return low * 2;
}

/** Whether all of `[start, end)` is in `ranges`. */
export function includesRange(ranges: Ranges, start: number, end: number): boolean {
  const i = pairEndingAfter(ranges, start);
  return i < ranges.length && at(ranges, i) <= start && at(ranges, i + 1) >= end;
}

/** Appends to `rest` what of `[start, end)` is not in `ranges`. */
export function subtractRanges(start: number, end: number, ranges: Ranges, rest: number[]): void {
  let from = start;
  for (let i = pairEndingAfter(ranges, start); i < ranges.length && from < end; i += 2) {
    if (at(ranges, i) >= end) break;
    if (at(ranges, i) > from) rest.push(from, at(ranges, i));
    from = at(ranges, i + 1);
  }
  if (from < end) rest.push(from, end);
}

/** Up to so many ranges are put in their places one by one; more are merged with all that are known. */
const FEW = 8;

/** Adds ranges to `known`; returns the result, which may be `known` itself, changed. */
export function addRanges(known: number[], ranges: Ranges): number[] {
  const last = known.length - 1;
  if (ranges.length > 2 * FEW && last >= 0 && at(ranges, 0) <= at(known, last)) {
    return mergeRanges(known, ranges);
  }
  for (let i = 0; i < ranges.length; i += 2) addRange(known, at(ranges, i), at(ranges, i + 1));
  return known;
}

/** Adds `[start, end)` to `ranges` in place. */
function addRange(ranges: number[], start: number, end: number): void {
  const length = ranges.length;
  if (length === 0 || start > at(ranges, length - 1)) {
    ranges.push(start, end);
    return;
  }
  let first = pairEndingAfter(ranges, start - 1); // one that merely touches is merged as well
  let behind = first;
  let low = start;
  let high = end;
  while (behind < length && at(ranges, behind) <= end) {
    low = Math.min(low, at(ranges, behind));
    high = Math.max(high, at(ranges, behind + 1));
    behind += 2;
  }
  if (behind - first === 2) {
    ranges[first++] = low;
    ranges[first] = high;
  } else {
    ranges.splice(first, behind - first, low, high);
  }
}

/** The union of two lists of ranges. */
function mergeRanges(a: Ranges, b: Ranges): number[] {
  const merged: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const fromA = j >= b.length || (i < a.length && at(a, i) <= at(b, j));
    const start = fromA ? at(a, i) : at(b, j);
    const end = fromA ? at(a, i + 1) : at(b, j + 1);
    if (fromA) i += 2;
    else j += 2;
    const last = merged.length - 1;
    if (last >= 0 && start <= at(merged, last)) merged[last] = Math.max(at(merged, last), end);
    else merged.push(start, end);
  }
  return merged;
}

/** The union of many lists of ranges, two by two: the long ones are gone through few times. */
function mergeAll(lists: readonly Ranges[]): Ranges {
  let left = lists;
  while (left.length > 1) {
    const merged: Ranges[] = [];
    for (let i = 0; i < left.length; i += 2) {
      const [one, other] = [left[i] as Ranges, left[i + 1]];
      merged.push(other === undefined ? one : mergeRanges(one, other));
    }
    left = merged;
  }
  return left[0] ?? [];
}

/** The union of delete sets. */
export function mergeDeleteSets(sets: readonly DeleteSet[]): DeleteSet {
  const filled = sets.filter((set) => set.size > 0);
  if (filled.length <= 1) return filled[0] ?? EMPTY_DELETE_SET;
  const lists = new Map<number, Ranges[]>();
  for (const set of filled) {
    for (const [client, ranges] of set) {
      const list = lists.get(client);
      if (list === undefined) lists.set(client, [ranges]);
      else list.push(ranges);
    }
  }
  const merged = new Map<number, Ranges>();
  for (const [client, list] of lists) {
    merged.set(client, mergeAll(list));
  }
  return merged;
}

function at(list: Ranges, index: number): number {
  return list[index] as number;
}
