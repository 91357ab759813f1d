import * as Y from 'yjs';

/** One log of all updates, of which each replica has a part: nobody gets an update before what it stands on. */
export class Line {
  readonly #log: Uint8Array[] = [];
  readonly #waiting = new Map<Y.Doc, Uint8Array[]>();
  readonly #read = new Map<Y.Doc, number>();

  constructor(docs: readonly Y.Doc[]) {
    for (const doc of docs) {
      const waiting: Uint8Array[] = [];
      this.#waiting.set(doc, waiting);
      doc.on('update', (update: Uint8Array, origin: unknown) => {
        if (origin !== 'network') waiting.push(update);
      });
    }
  }

  send(doc: Y.Doc, count: number): void {
    this.#log.push(...(this.#waiting.get(doc) as Uint8Array[]).splice(0, count));
  }

  receive(doc: Y.Doc, count: number): void {
    const read = this.#read.get(doc) ?? 0;
    const updates = this.#log.slice(read, read + count);
    for (const update of updates) Y.applyUpdate(doc, update, 'network');
    this.#read.set(doc, read + updates.length);
  }

  settle(): void {
    for (const doc of this.#waiting.keys()) this.send(doc, Number.POSITIVE_INFINITY);
    for (const doc of this.#waiting.keys()) this.receive(doc, Number.POSITIVE_INFINITY);
  }
}
