import type * as Y from 'yjs';
import { UndoManager } from 'yjs';
import { FieldView, type Selection } from './field-view.ts';
import { report } from './listeners.ts';
import { Origin } from './origin.ts';
import { requireYjs } from './own-yjs.ts';
import { ShownText } from './shown-text.ts';
import { applyToText, contentOf, EMBED } from './text-content.ts';
import { applySplices, movePlace, rebase, type Splices, splicesOf } from './text-delta.ts';
import { diffText, isWellFormed, type Splice, wellFormed } from './text-diff.ts';
import type { TextBinding, TextField, TextOptions } from './text-options.ts';
import { createUndo, type Undo } from './undo.ts';
import { commandOfInput, commandOfKey, type UndoCommand } from './undo-command.ts';

/**
 * Keeps a field and a text in step. What is typed becomes the smallest edit at the caret; what others write
 * leaves the selection where the user had it. During a composition (an input method) nothing is sent and the
 * field is left alone; what others wrote meanwhile is merged at its end.
 *
 * `maxLength` limits typing alone: what others wrote is shown in full. A field without a selection
 * (`type="email"`, `"number"`) works, with edits found by comparing alone.
 *
 * @throws TypeError when the text is in no document, or of another copy of Yjs
 */
export function bindText(text: Y.Text, field: TextField, options: TextOptions = {}): TextBinding {
  requireYjs('bindText', text, 'Text');
  if (text.doc === null) throw new TypeError('bindText needs a text that is in a document');
  return new FieldBinding(text, text.doc, field, options);
}

class FieldBinding implements TextBinding {
  readonly undo: Undo | undefined;
  readonly #ownUndo: Undo | undefined;
  readonly #text: Y.Text;
  readonly #doc: Y.Doc;
  readonly #field: TextField;
  readonly #view: FieldView;
  readonly #onError: TextOptions['onError'];
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
  #isEnded = false;
  /** The field was made read-only here. */
  #isLocked = false;

  constructor(text: Y.Text, doc: Y.Doc, field: TextField, { undo, onError }: TextOptions) {
    this.#text = text;
    this.#doc = doc;
    this.#field = field;
    this.#view = new FieldView(field);
    this.#onError = onError;
    if (undo === undefined) this.#ownUndo = createUndo(text);
    this.undo = undo === false ? undefined : (undo ?? this.#ownUndo);
    this.#content = contentOf(text);
    this.#shown = this.#show(this.#content);
    if (field.value !== this.#shown.value) field.value = this.#shown.value;
    this.#written = field.value;
    text.observe(this.#onText);
    doc.on('afterTransaction', this.#onTransaction);
    this.#listen('input', this.#onInput);
    this.#listen('compositionstart', this.#onCompositionStart);
    this.#listen('compositionend', this.#onCompositionEnd);
    this.#listen('blur', this.#onBlur);
    this.#listen('beforeinput', this.#onBeforeInput as (event: Event) => void);
    this.#listen('keydown', this.#onKeyDown as (event: Event) => void);
    this.#onTransaction();
  }

  close(): void {
    // What is composed, or half of a character, must not be lost.
    this.#guard(() => this.#finish());
    this.#release();
    if (this.#isLocked) this.#field.readOnly = false;
    this.#isLocked = false;
  }

  #listen(type: string, handler: (event: Event) => void): void {
    const guarded = (event: Event): void => this.#guard(() => handler(event));
    this.#field.addEventListener(type, guarded, { signal: this.#events.signal });
  }

  #guard(work: () => void): void {
    if (this.#isEnded) return;
    try {
      work();
    } catch (error) {
      this.#fail(error, report);
    }
  }

  /** Text and field may not be what they are taken for, and what would be written now could destroy something. */
  #fail(error: unknown, unheard: (error: unknown) => void): void {
    if (this.#isEnded) return;
    this.#release();
    this.#isLocked = !this.#field.readOnly;
    this.#field.readOnly = true;
    try {
      (this.#onError ?? unheard)(error);
    } catch (thrown) {
      report(thrown);
    }
  }

  #release(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#events.abort();
    this.#text.unobserve(this.#onText);
    this.#doc.off('afterTransaction', this.#onTransaction);
    this.#ownUndo?.close();
  }

  /** Who is deleted is told nothing. */
  readonly #onTransaction = (): void => {
    if (this.#text._item?.deleted !== true) return;
    this.#fail(new Error('The text that a field is bound to was deleted'), () => {});
  };

  readonly #onText = (event: Y.YTextEvent, transaction: Y.Transaction): void => {
    this.#guard(() => this.#onChange(event, transaction));
  };

  #onChange(event: Y.YTextEvent, { origin }: Y.Transaction): void {
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
  }

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
    const command = commandOfInput(event);
    if (command === undefined) return;
    // The field's own history knows nothing of what others wrote.
    event.preventDefault();
    this.#step(command);
  };

  readonly #onKeyDown = (event: KeyboardEvent): void => {
    const command = event.defaultPrevented ? undefined : commandOfKey(event);
    if (command === undefined || this.undo === undefined) return;
    if (this.#field.readOnly || this.#field.disabled) return;
    event.preventDefault();
    this.#step(command);
  };

  #step(command: UndoCommand): void {
    if (!this.#isComposing) this.undo?.[command]();
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
      ? diffText(before.value, wellFormed(value), this.#view.selection?.end)
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
    if (own.length > 0) this.#apply(own);
  }

  #apply(splices: Splices): void {
    let isDone = false;
    try {
      this.#doc.transact(() => {
        applyToText(this.#text, splices);
        isDone = true;
      }, this.#origin);
    } catch (error) {
      // What observers of others throw is no reason to end.
      if (!isDone) throw error;
      report(error);
    }
  }

  /** Brings what others did to the field. */
  #receive(undone: Splice | undefined): void {
    const before = this.#shown;
    const others = this.#others;
    this.#others = [];
    this.#shown = this.#show(this.#content);
    const now = this.#view.selection;
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
    const now = this.#view.selection;
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

  #write(selection: Selection | undefined): void {
    this.#view.write(this.#shown.value, selection);
    this.#written = this.#field.value;
  }

  #show(content: string): ShownText {
    return new ShownText(content, this.#field.localName === 'textarea');
  }
}
