import * as Y from 'yjs';
import { type Change, type OfflineDocument, type Position, START } from '../../src/local-copy.ts';
import type { OfflineCopies } from '../../src/offline/offline-copies.ts';

/** A Y.Doc that is kept in a store, as a provider does it, without a server. */
export class Tab {
  readonly doc = new Y.Doc();
  readonly text = this.doc.getText('text');
  readonly heard: Change[] = [];
  readonly errors: unknown[] = [];
  timesSaved = 0;
  position: Position = START;
  #copy: OfflineDocument | undefined;

  private constructor() {
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== null) return;
      this.#addUnsaved(update.length);
      this.copy.write([{ update, own: true, to: 0 }], this.position);
    });
  }

  static async open(store: OfflineCopies, documentId: string): Promise<Tab> {
    const tab = new Tab();
    tab.#copy = await store.open(documentId, {
      wholeState: () => Y.encodeStateAsUpdate(tab.doc),
      onChange: (change) => {
        tab.heard.push(change);
        if (change.own) tab.#addUnsaved(change.update.length);
        Y.applyUpdate(tab.doc, change.update, 'store');
      },
      onSaved: () => {
        tab.timesSaved++;
        tab.position = { ...tab.position, unsavedBytes: 0 };
      },
      onError: (error) => tab.errors.push(error),
    });
    for (const update of tab.copy.updates) Y.applyUpdate(tab.doc, update, 'store');
    tab.position = tab.copy.position;
    return tab;
  }

  get copy(): OfflineDocument {
    if (this.#copy === undefined) throw new Error('the tab is not open');
    return this.#copy;
  }

  get content(): string {
    return this.text.toJSON();
  }

  /** Types at the end. */
  type(text: string): void {
    this.text.insert(this.text.length, text);
  }

  /** Entries come from the server. */
  receive(update: Uint8Array, epoch: string, to: number): void {
    Y.applyUpdate(this.doc, update, 'server');
    const cursor = this.position.epoch === epoch ? Math.max(this.position.cursor, to) : to;
    this.position = { ...this.position, epoch, cursor };
    this.copy.write([{ update, own: false, to }], this.position);
  }

  #addUnsaved(bytes: number): void {
    this.position = { ...this.position, unsavedBytes: this.position.unsavedBytes + bytes };
  }

  /** The server has all that this tab has. */
  claim(): void {
    this.position = { ...this.position, unsavedBytes: 0 };
    this.copy.write([], this.position);
  }
}

/** An update of somebody else. */
export function updateWith(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}
