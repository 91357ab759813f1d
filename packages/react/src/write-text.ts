import type * as Y from 'yjs';

/** Makes a text be a string by the smallest replacement in one place: what others write elsewhere stays. */
export function writeText(text: Y.Text, value: string): void {
  const before = text.toString();
  if (before === value) return;
  const shorter = Math.min(before.length, value.length);
  let start = 0;
  while (start < shorter && before[start] === value[start]) start++;
  // Half of a character outside of the BMP is none.
  if (start > 0 && isHighSurrogate(before, start - 1)) start--;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === value.at(-1 - end)) end++;
  if (end > 0 && isLowSurrogate(before, before.length - end)) end--;
  const write = (): void => {
    text.delete(start, before.length - start - end);
    text.insert(start, value.slice(start, value.length - end));
  };
  if (text.doc === null) write();
  else text.doc.transact(write);
}

function isHighSurrogate(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800;
}

function isLowSurrogate(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xdc00;
}
