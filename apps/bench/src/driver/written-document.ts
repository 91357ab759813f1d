import * as Y from 'yjs';
import type { Knowledge } from './client.ts';

/** People who wrote it, by turns. */
const AUTHORS = 10;
const FIRST_AUTHOR = 100;
/** How often its size is looked at, in paragraphs. */
const LOOK_EACH = 64;
const PHRASES = [
  'a little of this, ',
  'and then some of that ',
  'naïvely ',
  '日本 ',
  'done. ',
  '😀 ',
];

/** A document as several people write it: paragraphs that were typed in pieces, corrected, cut. */
export class WrittenDocument {
  readonly #doc = new Y.Doc();
  #paragraphs = 0;

  /** @param bytes at least so large, in Yjs's encoding, and hardly larger. */
  constructor(bytes: number) {
    let size = 0;
    while (size < bytes) {
      const left = bytes - size;
      const each = size === 0 ? 600 : size / this.#paragraphs;
      this.write(
        Math.max(1, Math.min(Math.ceil(left / each / 2), Math.max(LOOK_EACH, this.#paragraphs))),
      );
      size = this.encoded().length;
    }
  }

  /** Adds so many paragraphs. */
  write(paragraphs: number): void {
    const list = this.#doc.getArray<Y.Text>('paragraphs');
    for (let left = paragraphs; left > 0; left--) {
      const number = this.#paragraphs++;
      this.#doc.transact(() => {
        this.#doc.clientID = FIRST_AUTHOR + (number % AUTHORS);
        const text = new Y.Text();
        list.push([text]);
        for (let piece = 0; piece < 24; piece++) {
          const end = text.length;
          const phrase = PHRASES[(number + piece) % PHRASES.length] ?? '';
          const at = piece % 4 === 3 ? Math.floor((end * ((piece * 7) % 10)) / 10) : end;
          text.insert(at, phrase);
          if (piece % 6 === 5) text.delete(Math.floor(end / 3), 4);
        }
      });
    }
  }

  encoded(): Uint8Array {
    return Y.encodeStateAsUpdate(this.#doc);
  }

  /** What a client has that leaves now, for when it comes back to the document as it is `then`. */
  departure(): (then: Uint8Array) => Knowledge {
    const left = new Y.Doc();
    Y.applyUpdate(left, this.encoded());
    const stateVector = Y.encodeStateVector(left);
    return (then) => ({
      stateVector,
      ends: Y.decodeStateVector(stateVector),
      answer: Y.encodeStateAsUpdate(left, Y.encodeStateVectorFromUpdate(then)),
    });
  }
}

/** For each Yjs client, the clock after its last struct in an update. */
export function endsOf(update: Uint8Array): ReadonlyMap<number, number> {
  return Y.parseUpdateMeta(update).to;
}
