import {
  bindText,
  type TextBinding,
  type TextField,
  type TextOptions,
  writeText,
} from '@syncline/bindings';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import type * as Y from 'yjs';
import { useAttached } from './context.ts';
import { textSource } from './text-source.ts';
import { useSelected, whole } from './use-selected.ts';
import type { UndoControls } from './use-undo.ts';

export interface UseTextOptions {
  /** What Ctrl+Z in the field undoes with, or false for nothing. Default: one of this text alone. */
  readonly undo?: UndoControls | false;
  /** Calls when a field is in step with the text no more, and read-only; see `bindText`. It may be another function each time. */
  readonly onError?: TextOptions['onError'];
}

/** A text, and how to write it. */
export interface SharedText {
  /** With `\n` for line ends of all kinds, as a field has it. '' on a server, and in the first render of a page that came from one. */
  readonly value: string;
  /** Makes it this, by the smallest replacement in one place. Line ends that stay keep their kind. */
  readonly set: (value: string) => void;
  /**
   * For one `<textarea>` or `<input>`, which is then bound to the text: selection, input methods and undo work as
   * people expect. Give the field neither `value` nor `onChange`.
   */
  readonly ref: (field: TextField | null) => void;
}

/**
 * A Y.Text as a string, or bound to a field.
 *
 * @param text its name in the document, or the text itself
 */
export function useText(text: string | Y.Text, { undo, onError }: UseTextOptions = {}): SharedText {
  const { doc } = useAttached('useText');
  const shared = typeof text === 'string' ? doc.getText(text) : text;
  const value = useSelected(textSource(shared), whole);
  const set = useCallback(
    (next: string) => writeText(shared, next, { keepLineEnds: true }),
    [shared],
  );

  const steps = undo === false ? false : undo?.steps;
  const latest = useRef(onError);
  useEffect(() => {
    latest.current = onError;
  });
  const isHandled = onError !== undefined;
  // React calls the last one with null before it calls another one, so a new text or undo binds the field anew.
  const ref = useMemo(() => {
    let binding: TextBinding | undefined;
    const options: TextOptions = {
      undo: steps,
      onError: isHandled ? (error) => latest.current?.(error) : undefined,
    };
    return (field: TextField | null): void => {
      binding?.close();
      binding = field === null ? undefined : bindText(shared, field, options);
    };
  }, [shared, steps, isHandled]);
  return useMemo(() => ({ value, set, ref }), [value, set, ref]);
}
