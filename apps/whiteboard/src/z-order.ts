/**
 * Where a shape lies is a string between those of its neighbours, so that reordering one shape writes that
 * shape alone. A key is a fraction in base 62 that does not end in 0: there is always one between two others.
 */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = DIGITS.length;
/** Keys that nobody put between others have as many digits: enough for billions of them, without growing. */
const WIDTH = 6;
const FORM = /^[0-9A-Za-z]{1,64}$/;

export function isKey(value: unknown): value is string {
  return typeof value === 'string' && FORM.test(value) && !value.endsWith('0');
}

/**
 * A key between two; undefined means none on that side. When they are equal or in the wrong order, as after
 * two people did the same, it is one above the lower one.
 */
export function keyBetween(below: string | undefined, above: string | undefined): string {
  if (below !== undefined && above !== undefined) {
    return below < above ? middle(below, above) : middle(below, undefined);
  }
  if (above !== undefined) return step(above, -1);
  return below === undefined ? `V${'0'.repeat(WIDTH - 2)}1` : step(below, 1);
}

/** As many keys in order between two. */
export function keysBetween(
  below: string | undefined,
  above: string | undefined,
  count: number,
): string[] {
  const keys: string[] = [];
  let last = below;
  for (let index = 0; index < count; index++) {
    last = keyBetween(last, above);
    keys.push(last);
  }
  // Below everything, each next one has to come between the last and the same neighbour.
  return keys;
}

/** The next key up or down of the usual width, or one in between when there is none left. */
function step(key: string, by: 1 | -1): string {
  const digits = Array.from(key.slice(0, WIDTH).padEnd(WIDTH, '0'), valueOf);
  // The last digit is never 0: it is carried a turn earlier than the others.
  const last = WIDTH - 1;
  digits[last] = (digits[last] as number) + by;
  for (let at = last; at > 0; at--) {
    const [low, digit] = [at === last ? 1 : 0, digits[at] as number];
    if (digit >= low && digit < BASE) break;
    digits[at] = by > 0 ? low : BASE - 1;
    digits[at - 1] = (digits[at - 1] as number) + by;
  }
  const first = digits[0] as number;
  if (first < 0) return middle('', key);
  if (first >= BASE) return middle(key, undefined);
  return digits.map((digit) => DIGITS[digit]).join('');
}

/** The shortest key between two fractions, near their middle. */
function middle(below: string, above: string | undefined): string {
  let text = '';
  let isBounded = above !== undefined;
  for (let at = 0; ; at++) {
    const low = at < below.length ? valueOf(below[at] as string) : 0;
    const high =
      isBounded && at < (above as string).length
        ? valueOf((above as string)[at] as string)
        : isBounded
          ? 0
          : BASE;
    if (high - low > 1) return text + DIGITS[Math.floor((low + high) / 2)];
    text += DIGITS[low];
    // One apart: below that digit everything is free.
    if (high - low === 1) isBounded = false;
  }
}

function valueOf(digit: string): number {
  return DIGITS.indexOf(digit);
}

/** Shapes one over the other: by key, and by id where two people made the same key. */
export function compareOrder(
  a: { readonly z: string; readonly id: string },
  b: { readonly z: string; readonly id: string },
): number {
  if (a.z !== b.z) return a.z < b.z ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
