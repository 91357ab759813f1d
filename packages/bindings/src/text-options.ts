import type { Undo } from './undo.ts';

/** A field of text in a page. */
export type TextField = HTMLTextAreaElement | HTMLInputElement;

export interface TextOptions {
  /**
   * What Ctrl+Z (and Shift, Y; Cmd on a Mac) in the field undoes with: the application's own, or false for
   * nothing. Default: one of this text alone, which is closed with the binding.
   */
  readonly undo?: Undo | false;
  /**
   * Calls when the binding has ended by itself: something failed, or the text was deleted. Text and field are not in step any
   * more then, so nothing more is written, and the field is read-only until the binding is closed. Default: what failed is
   * reported as the browser does with what an event listener throws.
   */
  readonly onError?: (error: unknown) => void;
}

export interface TextBinding {
  /** What undoes edits of the field; undefined when the options say so. */
  readonly undo: Undo | undefined;
  /** Leaves text and field as they are. */
  close(): void;
}
