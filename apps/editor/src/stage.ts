import { watchEditable } from '@syncline/app-common/editable';
import { byId } from '@syncline/app-common/element';
import type { OpenDocument } from '@syncline/app-common/open-document';
import type * as Y from 'yjs';
import { Bulkhead } from './bulkhead.ts';

/** An editor on a document. */
export interface Editing {
  setEditable(isEditable: boolean): void;
  focus(): void;
  close(): void;
}

/** How a kind of text is edited and read. */
export interface Play {
  /** Whether an editor can show all that the page's document has. */
  isKnown(): boolean;
  isEmpty(doc: Y.Doc): boolean;
  /** See {@link Bulkhead}. */
  mend?(transaction: Y.Transaction): boolean;
  edit(host: HTMLElement, doc: Y.Doc): Editing;
  /** Shows the document as far as possible, and never throws on what it does not know. */
  read(host: HTMLElement, doc: Y.Doc): void;
}

/** Shows the text of a page: in an editor, or only to be read while an editor would harm it. */
export class Stage {
  readonly #document: OpenDocument;
  readonly #play: Play;
  readonly #host = byId('editor');
  #bulkhead: Bulkhead | undefined;
  #editing: Editing | undefined;
  #isEditable = false;
  #isReading = false;

  constructor(document: OpenDocument, play: Play) {
    this.#document = document;
    this.#play = play;
  }

  /** To be called once. */
  start(): void {
    const document = this.#document;
    const { provider, guard } = document;
    const { doc } = provider;
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (this.#bulkhead?.isFromHere(origin) !== true) this.#look(update);
    });
    guard.subscribe(() => {
      if (guard.halt === 'failed') this.#stop();
    });
    this.#look();
    void watchEditable(
      document,
      () => this.#play.isEmpty(doc),
      (isEditable) => this.#setEditable(isEditable),
    );
  }

  /** @param update what the document got since the last look */
  #look(update?: Uint8Array): void {
    const { guard } = this.#document;
    if (guard.halt === 'failed') return this.#read();
    // What cannot even be looked at is not known.
    const isKnown = guard.run(() => this.#play.isKnown()) ?? false;
    if (!isKnown) this.#close();
    guard.setUnknown(!isKnown);
    if (!isKnown) this.#read();
    else if (this.#bulkhead === undefined) this.#edit();
    else if (update !== undefined) this.#bulkhead.receive(update);
  }

  #edit(): void {
    const { provider, guard } = this.#document;
    this.#host.replaceChildren();
    guard.run(() => {
      const mend = this.#play.mend?.bind(this.#play);
      this.#bulkhead = new Bulkhead(provider.doc, guard, mend);
      this.#editing = this.#play.edit(this.#host, this.#bulkhead.doc);
      this.#editing.setEditable(this.#isEditable);
      this.#bulkhead.setWritable(this.#isEditable);
    });
  }

  #close(): void {
    this.#bulkhead?.close();
    this.#bulkhead = undefined;
    const editing = this.#editing;
    this.#editing = undefined;
    this.#document.guard.run(() => editing?.close());
  }

  /** The editor failed: nothing of it is written any more. It goes when it is through with what it does. */
  #stop(): void {
    this.#bulkhead?.close();
    setTimeout(() => {
      this.#close();
      this.#read();
    });
  }

  /** Once a frame. */
  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    requestAnimationFrame(() => {
      this.#isReading = false;
      const { provider, guard } = this.#document;
      if (this.#editing === undefined) {
        guard.run(() => this.#play.read(this.#host, provider.doc));
      }
    });
  }

  #setEditable(isEditable: boolean): void {
    this.#isEditable = isEditable;
    this.#document.guard.run(() => this.#editing?.setEditable(isEditable));
    this.#bulkhead?.setWritable(isEditable);
    this.#host.setAttribute('aria-busy', 'false');
    if (isEditable && document.activeElement === document.body) this.#editing?.focus();
  }
}
