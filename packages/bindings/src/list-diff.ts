/** Two items that are the same: their places before and after. */
export type Match = readonly [before: number, after: number];

/** More differences than this are not looked for: the lists are different. Bounds time and memory (4 MB). */
const MAX_EDITS = 1_000;

/**
 * The items that stay, in order: as many as possible (a longest common subsequence).
 * Myers, "An O(ND) Difference Algorithm and Its Variations", 1986.
 */
export function matchLists<A, B>(
  before: readonly A[],
  after: readonly B[],
  isSame: (a: A, b: B) => boolean,
): Match[] {
  const shorter = Math.min(before.length, after.length);
  const same = (x: number, y: number): boolean => isSame(before[x] as A, after[y] as B);
  const head: Match[] = [];
  while (head.length < shorter && same(head.length, head.length)) {
    head.push([head.length, head.length]);
  }
  const start = head.length;
  let tail = 0;
  while (tail < shorter - start && same(before.length - 1 - tail, after.length - 1 - tail)) tail++;
  const [endX, endY] = [before.length - tail, after.length - tail];
  const middle = search(endX - start, endY - start, (x, y) => same(start + x, start + y));
  return [
    ...head,
    ...middle.map(([x, y]): Match => [start + x, start + y]),
    ...Array.from({ length: tail }, (_, i): Match => [endX + i, endY + i]),
  ];
}

function search(n: number, m: number, same: (x: number, y: number) => boolean): Match[] {
  if (n === 0 || m === 0) return [];
  const most = Math.min(n + m, MAX_EDITS);
  // For each number of edits, how far each diagonal gets; diagonal k is at k + d + 1.
  const trace: Int32Array[] = [];
  let reach = new Int32Array(3);
  for (let d = 0; d <= most; d++) {
    const next = new Int32Array(2 * d + 5);
    for (let k = -d; k <= d; k += 2) {
      let x = startOf(reach, k, d);
      while (x < n && x - k < m && same(x, x - k)) x++;
      next[k + d + 2] = x;
      if (x >= n && x - k >= m) return walkBack(trace, reach, n, m, d);
    }
    trace.push(reach);
    reach = next;
  }
  return [];
}

/** Where diagonal k begins with d edits: below the one, or right of the other neighbour of d - 1 edits. */
function startOf(reach: Int32Array, k: number, d: number): number {
  if (d === 0) return 0;
  // `reach` is of d - 1 edits.
  const at = (k: number): number => reach[k + d + 1] as number;
  return k === -d || (k !== d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
}

function walkBack(
  trace: Int32Array[],
  last: Int32Array,
  n: number,
  m: number,
  edits: number,
): Match[] {
  const matches: Match[] = [];
  const reaches = [...trace, last];
  let [x, y] = [n, m];
  for (let d = edits; d >= 0; d--) {
    const reach = reaches[d] as Int32Array;
    const k = x - y;
    const start = startOf(reach, k, d);
    while (x > start) {
      x--;
      y--;
      matches.push([x, y]);
    }
    if (d === 0) break;
    const at = (k: number): number => reach[k + d + 1] as number;
    const isDown = k === -d || (k !== d && at(k - 1) < at(k + 1));
    if (isDown) y--;
    else x--;
  }
  return matches.toReversed();
}
