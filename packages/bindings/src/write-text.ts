import type * as Y from 'yjs';
import { requireYjs } from './own-yjs.ts';
import { ShownText } from './shown-text.ts';
import { spliceText } from './text-content.ts';
import { diffText, wellFormed } from './text-diff.ts';

export interface WriteTextOptions {
  /**
   * The string has `\n` where the text has line ends of any kind, as the value of a `<textarea>` does: those that are in
   * the text stay as they are, and new ones are `\n`. Default: false.
   */
  readonly keepLineEnds?: boolean;
}

/**
 * Makes a text be a string by the smallest replacement in one place: what others write elsewhere stays, and so does
 * what is no character (embeds).
 *
 * @throws TypeError when the text is of another copy of Yjs
 */
export function writeText(
  text: Y.Text,
  value: string,
  { keepLineEnds = false }: WriteTextOptions = {},
): void {
  requireYjs('writeText', text, 'Text');
  const content = text.toString();
  const shown = keepLineEnds ? new ShownText(content, true) : undefined;
  const wanted = keepLineEnds ? value.replaceAll(/\r\n?/g, '\n') : value;
  const edit = diffText(shown?.value ?? content, wellFormed(wanted));
  if (edit === undefined) return;
  const write = (): void => spliceText(text, shown?.toContentSplice(edit) ?? edit);
  if (text.doc === null) write();
  else text.doc.transact(write);
}
