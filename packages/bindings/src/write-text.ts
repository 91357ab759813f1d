import type * as Y from 'yjs';
import { spliceText } from './text-content.ts';
import { diffText, wellFormed } from './text-diff.ts';

/**
 * Makes a text be a string by the smallest replacement in one place: what others write elsewhere stays, and so does
 * what is no character (embeds).
 */
export function writeText(text: Y.Text, value: string): void {
  const splice = diffText(text.toString(), wellFormed(value));
  if (splice === undefined) return;
  const write = (): void => spliceText(text, splice);
  if (text.doc === null) write();
  else text.doc.transact(write);
}
