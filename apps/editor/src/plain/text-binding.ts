import { Annotation, type ChangeSpec, type Extension, type Text } from '@codemirror/state';
import { type EditorView, type PluginValue, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import type { Guard } from '@syncline/app-common/guard';
import type * as Y from 'yjs';
import { type Edit, editBetween, wholePairs } from './edit.ts';
import { LineBreaks, shownOf } from './line-breaks.ts';

/** What a transaction of the editor that comes from the document is marked with. */
const fromDocument = Annotation.define<true>();

/** Keeps an editor and a text in step: what is typed goes into the text, and what others write comes into the editor. */
export class TextBinding {
  readonly text: Y.Text;
  readonly breaks = new LineBreaks();
  readonly extension: Extension;
  readonly #guard: Guard;
  /** Calls back before something is written, with the selection as it was. */
  onWrite: (selection: { readonly anchor: number; readonly head: number }) => void = () => {};

  constructor(text: Y.Text, guard: Guard) {
    this.text = text;
    this.#guard = guard;
    this.breaks.read(text.toString());
    this.extension = ViewPlugin.define((view) => this.#attach(view));
  }

  /** What the editor begins with. */
  get shown(): string {
    return shownOf(this.text.toString());
  }

  #attach(view: EditorView): PluginValue {
    const observe = (event: Y.YTextEvent, { origin }: Y.Transaction) => {
      if (origin !== this) this.#guard.run(() => this.#show(view, event));
    };
    this.text.observe(observe);
    return {
      update: (update) => this.#write(update),
      destroy: () => this.text.unobserve(observe),
    };
  }

  /** Others wrote, or something was undone. */
  #show(view: EditorView, event: Y.YTextEvent): void {
    const isSimple =
      !this.breaks.hasReturns &&
      event.delta.every(({ insert }) => insert === undefined || !String(insert).includes('\r'));
    let changes: ChangeSpec[] = isSimple ? changesOf(event) : [];
    if (!isSimple) {
      const content = this.text.toString();
      this.breaks.read(content);
      const edit = editBetween(view.state.doc.toString(), shownOf(content));
      changes = edit === undefined ? [] : [edit];
    }
    view.dispatch({ changes, annotations: fromDocument.of(true) });
    this.#check(view.state.doc);
  }

  #write({ docChanged, transactions, changes, startState, state }: ViewUpdate): void {
    if (!docChanged || transactions.some((one) => one.annotation(fromDocument) === true)) return;
    const edits: Edit[] = [];
    changes.iterChanges((from, to, _fromB, _toB, insert) => {
      edits.push(wholePairs(startState.doc, { from, to, insert: insert.toString() }));
    });
    this.onWrite(startState.selection.main);
    this.text.doc?.transact(() => {
      // From the end: what is before keeps its place.
      for (const edit of edits.toReversed()) this.#apply(edit);
    }, this);
    if (this.breaks.hasReturns) this.breaks.read(this.text.toString());
    this.#check(state.doc);
  }

  #check({ length }: Text): void {
    if (this.breaks.toContent(length) !== this.text.length) {
      throw new Error('the editor is not in step with the document');
    }
  }

  #apply({ from, to, insert }: Edit): void {
    const { text, breaks } = this;
    let [start, end, added] = [breaks.toContent(from), breaks.toContent(to), insert];
    if (breaks.hasReturns) {
      const content = text.toString();
      // A `\r` that stands alone would become one break with the `\n` after it, and a line would be gone.
      if ((insert[0] ?? content[end]) === '\n' && content[start - 1] === '\r') {
        start--;
        added = `\n${insert}`;
      }
    }
    if (end > start) text.delete(start, end - start);
    if (added !== '') text.insert(start, added);
  }
}

function changesOf({ delta }: Y.YTextEvent): ChangeSpec[] {
  const changes: ChangeSpec[] = [];
  let at = 0;
  for (const { insert, delete: removed, retain } of delta) {
    if (typeof insert === 'string') changes.push({ from: at, insert });
    else if (removed !== undefined) {
      changes.push({ from: at, to: at + removed });
      at += removed;
    } else at += retain ?? 0;
  }
  return changes;
}
