/** One edit of a string: at an index, take away, then put in. */
export interface Splice {
  readonly index: number;
  readonly remove: number;
  readonly insert: string;
}

/**
 * The smallest single edit from one string to another; undefined when they are equal. It never begins or ends inside of
 * a surrogate pair: Yjs stores half of one as U+FFFD.
 *
 * @param caret where the caret is after the edit. In a run of equal letters it says which of them was typed or taken
 * away, as the strings cannot.
 */
export function diffText(before: string, after: string, caret?: number): Splice | undefined {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  let prefix = 0;
  while (prefix < shorter && before[prefix] === after[prefix]) prefix++;
  let suffix = 0;
  while (suffix < shorter && before.at(-1 - suffix) === after.at(-1 - suffix)) suffix++;

  if (splitsPair(before, prefix) || splitsPair(after, prefix)) prefix--;
  if (splitsPair(before, before.length - suffix) || splitsPair(after, after.length - suffix)) {
    suffix--;
  }
  if (prefix + suffix > shorter) {
    // Something is put in, or taken away, where it can have been at several places.
    const [first, last] = [shorter - suffix, prefix];
    const added = Math.max(0, after.length - before.length);
    prefix = Math.max(first, Math.min(last, (caret ?? after.length) - added));
    const longer = before.length > after.length ? before : after;
    if (splitsPair(longer, prefix)) prefix--;
    suffix = shorter - prefix;
  }
  return {
    index: prefix,
    remove: before.length - suffix - prefix,
    insert: after.slice(prefix, after.length - suffix),
  };
}

/** Half of a surrogate pair, alone. */
const LONE = /\p{Surrogate}/gu;

/** The string as other replicas will have it. */
export function wellFormed(text: string): string {
  return text.replace(LONE, '\ufffd');
}

export function isWellFormed(text: string): boolean {
  return text.search(LONE) === -1;
}

function splitsPair(text: string, index: number): boolean {
  const [high, low] = [text.charCodeAt(index - 1), text.charCodeAt(index)];
  return high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000;
}
