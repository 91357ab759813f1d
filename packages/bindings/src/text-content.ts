import * as Y from 'yjs';
import type { Splice } from './text-diff.ts';

/** Stands for something in a text that is no character: an image, a mention. */
export const EMBED = '\ufffc';

/**
 * A text as long as Yjs counts it. Whatever is no character, which `toString` leaves out, has its places: embeds, and what
 * other code has put in that takes the text for an array.
 */
export function contentOf(text: Y.Text): string {
  const string = text.toString();
  if (string.length === text.length) return string;
  return partsOf(text)
    .map((part) => (typeof part === 'string' ? part : EMBED.repeat(part)))
    .join('');
}

/** Characters, and the lengths of what is none. */
function partsOf(text: Y.Text): (string | number)[] {
  const parts: (string | number)[] = [];
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue;
    parts.push(item.content instanceof Y.ContentString ? item.content.str : item.length);
  }
  return parts;
}

/** Does edits that were found in {@link contentOf}. */
export function applyToText(text: Y.Text, splices: readonly Splice[]): void {
  for (const { index, remove, insert } of splices) {
    if (remove > 0) text.delete(index, remove);
    if (insert !== '') text.insert(index, insert);
  }
}

/** Does an edit that was found in `text.toString()`. */
export function spliceText(text: Y.Text, { index, remove, insert }: Splice): void {
  const places = placesOf(text);
  const at = places?.[index] ?? index;
  // From the end, so that what is before keeps its place; what is no character stays.
  for (let end = index + remove; end > index; ) {
    let start = end - 1;
    if (places === undefined) start = index;
    else while (start > index && places[start - 1] === (places[start] as number) - 1) start--;
    text.delete(places?.[start] ?? start, end - start);
    end = start;
  }
  if (insert !== '') text.insert(at, insert);
}

/** Where each character of the string, and its end, is in the text; undefined when there is nothing else. */
function placesOf(text: Y.Text): number[] | undefined {
  if (text.toString().length === text.length) return undefined;
  const places: number[] = [];
  let place = 0;
  for (const part of partsOf(text)) {
    const length = typeof part === 'string' ? part.length : part;
    if (typeof part === 'string') for (let i = 0; i < length; i++) places.push(place + i);
    place += length;
  }
  places.push(place);
  return places;
}
