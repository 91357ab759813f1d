import type * as Y from 'yjs';
import { UndoManager } from 'yjs';
import { Origin } from './origin.ts';
import { ShownText } from './shown-text.ts';
import { applyToText, contentOf, EMBED } from './text-content.ts';
import { applySplices, movePlace, rebase, type Splices, splicesOf } from './text-delta.ts';
import { diffText, isWellFormed, type Splice, wellFormed } from './text-diff.ts';
import { createUndo, type Undo } from './undo.ts';

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
  if (text.doc === null) throw new TypeError('bindText needs a text that is in a document');
  return new FieldBinding(text, text.doc, field, options);
}

interface Selection {
  readonly start: number;
  readonly end: number;
}

class FieldBinding implements TextBinding {
  readonly undo: Undo | undefined;
  readonly #ownUndo: Undo | undefined;
  readonly #text: Y.Text;
  readonly #doc: Y.Doc;
  readonly #field: TextField;
  readonly #origin = new Origin(this);
  readonly #events = new AbortController();
  /** What text and field had in common last. */
  #shown: ShownText;
  /** What the field made of that: one for numbers shows no letters. */
  #written: string;
  /** What the text became since; the field does not show it yet. */
  #others: Splice[] = [];
  /** The text as it is now. */
  #content: string;
  #isComposing = false;
  #isClosed = false;

  constructor(text: Y.Text, doc: Y.Doc, field: TextField, { undo }: TextOptions) {
    this.#text = text;
    this.#doc = doc;
    this.#field = field;
    if (undo === undefined) this.#ownUndo = createUndo(text);
    this.undo = undo === false ? undefined : (undo ?? this.#ownUndo);
    this.#content = contentOf(text);
    this.#shown = this.#show(this.#content);
    if (field.value !== this.#shown.value) field.value = this.#shown.value;
    this.#written = field.value;
    text.observe(this.#onText);
    const { signal } = this.#events;
    field.addEventListener('input', this.#onInput, { signal });
    field.addEventListener('compositionstart', this.#onCompositionStart, { signal });
    field.addEventListener('compositionend', this.#onCompositionEnd, { signal });
    field.addEventListener('blur', this.#onBlur, { signal });
    field.addEventListener('beforeinput', this.#onBeforeInput as EventListener, { signal });
    field.addEventListener('keydown', this.#onKeyDown as EventListener, { signal });
  }

  close(): void {
    if (this.#isClosed) return;
    // What is composed, or half of a character, must not be lost.
    this.#finish();
    this.#isClosed = true;
    this.#events.abort();
    this.#text.unobserve(this.#onText);
    this.#ownUndo?.close();
  }

  readonly #onText = (event: Y.YTextEvent, { origin }: Y.Transaction): void => {
    const content = contentOf(this.#text);
    // What this binding wrote, it knows.
    if (content === this.#content) return;
    let splices = splicesOf(event.delta, EMBED);
    // An observer before this one may have changed the text, too; its change is in the text, but not in this event.
    if (applySplices(this.#content, splices) !== content) {
      const splice = diffText(this.#content, content);
      splices = splice === undefined ? [] : [splice];
    }
    this.#content = content;
    this.#others.push(...splices);
    if (this.#waits) return;
    // What a script wrote to the field, without an event.
    if (this.#field.value !== this.#written) this.#send();
    else this.#receive(origin instanceof UndoManager ? splices.at(-1) : undefined);
  };

  readonly #onInput = (): void => {
    if (!this.#waits) this.#send();
  };

  readonly #onCompositionStart = (): void => {
    this.#isComposing = true;
  };

  readonly #onCompositionEnd = (): void => {
    this.#isComposing = false;
    if (!this.#waits) this.#send();
  };

  readonly #onBlur = (): void => {
    this.#finish();
    this.undo?.stop();
  };

  readonly #onBeforeInput = (event: InputEvent): void => {
    const isUndo = event.inputType === 'historyUndo';
    if (!isUndo && event.inputType !== 'historyRedo') return;
    // The field's own history knows nothing of what others wrote.
    event.preventDefault();
    this.#step(isUndo);
  };

  readonly #onKeyDown = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented) return;
    const key = event.key.toLowerCase();
    const isRedo = (key === 'z' && event.shiftKey) || (key === 'y' && !event.shiftKey);
    if (!isRedo && key !== 'z') return;
    if (this.#field.readOnly || this.#field.disabled || this.undo === undefined) return;
    event.preventDefault();
    this.#step(!isRedo);
  };

  #step(isUndo: boolean): void {
    if (this.#isComposing) return;
    if (isUndo) this.undo?.undo();
    else this.undo?.redo();
  }

  /** Some systems put in a pair of surrogates one by one; Yjs would store each half as U+FFFD. */
  get #waits(): boolean {
    if (this.#isComposing) return true;
    // A text can hold a half already, by other code: there is nothing to wait for.
    return !isWellFormed(this.#field.value) && isWellFormed(this.#shown.value);
  }

  #finish(): void {
    this.#isComposing = false;
    if (this.#field.value !== this.#written || this.#others.length > 0) this.#send();
  }

  /** Brings what the user did to the text, and what others did meanwhile to the field. */
  #send(): void {
    const { value } = this.#field;
    const before = this.#shown;
    const isEdited = value !== this.#written;
    const edit = isEdited
      ? diffText(before.value, wellFormed(value), this.#selection?.end)
      : undefined;
    if (edit === undefined) {
      // A composition that was given up, for one.
      this.#receive(undefined);
      return;
    }
    const own = rebase(before.toContentSplice(edit), this.#others);
    const selection = this.#selectionAfter(edit, own);
    this.#others = [];
    this.#content = applySplices(this.#content, own);
    this.#shown = this.#show(this.#content);
    // Before the text: observers of that may write to it at once.
    this.#write(selection);
    if (own.length > 0) {
      this.#doc.transact(() => applyToText(this.#text, own), this.#origin);
    }
  }

  /** Brings what others did to the field. */
  #receive(undone: Splice | undefined): void {
    const before = this.#shown;
    const others = this.#others;
    this.#others = [];
    this.#shown = this.#show(this.#content);
    const now = this.#selection;
    if (now === undefined) {
      this.#write(undefined);
      return;
    }
    if (undone !== undefined) {
      // To where something came back, or went, as the field's own undo does.
      const at = this.#shown.fromContent(undone.index + undone.insert.length);
      this.#write({ start: at, end: at });
      return;
    }
    const move = (place: number, side: 'before' | 'after'): number =>
      this.#shown.fromContent(movePlace(before.toContent(place), others, side));
    const isCaret = now.start === now.end;
    const end = move(now.end, 'before');
    // What is put in at the edge of a selection is not selected.
    this.#write({ start: isCaret ? end : Math.min(move(now.start, 'after'), end), end });
  }

  /** The selection, for what the text is to become. */
  #selectionAfter(edit: Splice, own: Splices): Selection | undefined {
    const now = this.#selection;
    if (now === undefined) return undefined;
    const last = edit.insert === '' ? undefined : own.at(-1);
    // Before it there may be what sets a line end apart.
    const inserted = last?.insert.endsWith(edit.insert) === true ? last : undefined;
    const others = this.#others;
    const before = this.#shown;
    const content = applySplices(this.#content, own);
    const shown = this.#show(content);
    const move = (place: number): number => {
      const into = place - edit.index;
      if (inserted !== undefined && into >= 0 && into <= edit.insert.length) {
        const end = inserted.index + inserted.insert.length;
        return shown.fromContent(end - edit.insert.length + into);
      }
      const old = into <= 0 ? place : place - edit.insert.length + edit.remove;
      const theirs = movePlace(before.toContent(old), others, 'before');
      return shown.fromContent(movePlace(theirs, own, into <= 0 ? 'before' : 'after'));
    };
    return { start: move(now.start), end: move(now.end) };
  }

  /** Changes of the field what differs, so that it neither scrolls nor loses its selection. */
  #write(selection: Selection | undefined): void {
    const field = this.#field;
    const { value } = this.#shown;
    const splice = diffText(field.value, value);
    if (selection === undefined) {
      if (splice !== undefined) field.value = value;
    } else {
      const direction = field.selectionDirection ?? 'none';
      if (splice !== undefined) {
        const { index, remove, insert } = splice;
        field.setRangeText(insert, index, index + remove, 'preserve');
      }
      const { start, end } = selection;
      const isElsewhere =
        field.selectionStart !== start ||
        field.selectionEnd !== end ||
        field.selectionDirection !== direction;
      // In Safari it takes the focus. A field without it keeps its selection nearly by itself.
      if (isElsewhere && this.#hasFocus) field.setSelectionRange(start, end, direction);
    }
    this.#written = field.value;
  }

  get #hasFocus(): boolean {
    const root = this.#field.getRootNode() as Document | ShadowRoot;
    return root.activeElement === this.#field;
  }

  /** undefined for fields that have none. */
  get #selection(): Selection | undefined {
    const { selectionStart: start, selectionEnd: end } = this.#field;
    return start === null || end === null ? undefined : { start, end };
  }

  #show(content: string): ShownText {
    return new ShownText(content, this.#field.localName === 'textarea');
  }
}
