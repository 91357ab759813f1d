import type * as Y from 'yjs';
import type { Undo } from './undo.ts';

/** A field of text in a page. */
export type TextField = HTMLTextAreaElement | HTMLInputElement;

export interface TextOptions {
  /**
   * What Ctrl+Z (and Shift, Y; Cmd on a Mac) in the field undoes with: the application's own, or false for
   * nothing. Default: one of this text alone, which is closed with the binding.
   */
  readonly undo?: Undo | false;
}

export interface TextBinding {
  /** What undoes edits of the field; undefined when the options say so. */
  readonly undo: Undo | undefined;
  /** Leaves text and field as they are. */
  close(): void;
}

/**
 * Keeps a field and a text in step. What is typed becomes the smallest edit at the caret; what others write
 * leaves the selection where the user had it. During a composition (an input method) nothing is sent and the
 * field is left alone; what others wrote meanwhile is merged at its end.
 *
 * `maxLength` limits typing alone: what others wrote is shown in full. A field without a selection
 * (`type="email"`, `"number"`) works, with edits found by comparing alone.
 *
 * @throws TypeError when the text is in no document
 */
export function bindText(text: Y.Text, field: TextField, options: TextOptions = {}): TextBinding {
  throw new Error(`not made yet: ${text.length} ${field.value} ${String(options.undo)}`);
}
