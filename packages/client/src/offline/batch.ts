import { type Content, concatenate, type ScannedUpdate } from '@syncline/update';
import { type Position, START } from '../local-copy.ts';
import type { Entry } from './entry.ts';

/** A `Change`, looked into. */
export interface ScannedChange {
  readonly content: ScannedUpdate;
  readonly own: boolean;
  readonly to: number;
}

/** A change of the server's, and the seq up to which it is part of the entries. */
interface ServerChange {
  readonly content: ScannedUpdate;
  readonly to: number;
}

/** Changes that wait to be written in one transaction, and the position after them. */
export class Batch {
  #own: ScannedUpdate[] = [];
  #server: ServerChange[] = [];
  #position: Position | undefined;
  #ownBytes = 0;
  #ownBytesSinceClaim = 0;
  #claim: number | undefined;

  get isEmpty(): boolean {
    return this.#position === undefined;
  }

  /** Undefined when the batch is empty. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** The bytes of own changes, as they came. */
  get ownBytes(): number {
    return this.#ownBytes;
  }

  /** Of those that came after the server was said to have all. */
  get ownBytesSinceClaim(): number {
    return this.#ownBytesSinceClaim;
  }

  /** How many own changes of other tabs were known when the server was last said to have all. */
  get claim(): number | undefined {
    return this.#claim;
  }

  /**
   * @param foreign how many own changes of other tabs were known then
   */
  add(changes: readonly ScannedChange[], position: Position, foreign: number): void {
    this.#move(position);
    for (const { content, own, to } of changes) {
      if (isEmpty(content)) continue;
      if (own) {
        this.#own.push(content);
        this.#ownBytes += content.bytes.length;
        this.#ownBytesSinceClaim += content.bytes.length;
      } else this.#server.push({ content, to });
    }
    if (position.unsavedBytes === 0) {
      this.#claim = foreign;
      this.#ownBytesSinceClaim = 0;
    }
  }

  /** Takes what came later, and joins all, so that what waits for a disk to work again stays small. */
  join(later: Batch): void {
    if (later.#position !== undefined) this.#move(later.#position);
    this.#own = joined([...this.#own, ...later.#own]);
    const server = [...this.#server, ...later.#server];
    const to = highestTo(server);
    this.#server = joined(server.map(({ content }) => content)).map((content) => ({ content, to }));
    this.#ownBytes += later.#ownBytes;
    if (later.#claim === undefined) this.#ownBytesSinceClaim += later.#ownBytes;
    else {
      this.#claim = later.#claim;
      this.#ownBytesSinceClaim = later.#ownBytesSinceClaim;
    }
  }

  /**
   * As few entries as say it all.
   * @param stored where the copy stands: what it has of the server's is left out, another tab wrote it.
   */
  entries(stored: Position): Entry[] {
    const isKnown = this.#position?.epoch === stored.epoch && stored.epoch !== '';
    const server = this.#server.filter(({ to }) => !(isKnown && to > 0 && to <= stored.cursor));
    const to = highestTo(server);
    return [
      ...joined(server.map(({ content }) => content)).map(({ bytes: update }) => ({
        update,
        own: false,
        to,
      })),
      ...joined(this.#own).map(({ bytes: update }) => ({ update, own: true, to: 0 })),
    ];
  }

  #move(position: Position): void {
    const from = this.#position ?? START;
    // Seqs of two epochs have nothing to do with each other.
    if (from.epoch !== position.epoch) {
      this.#server = this.#server.map(({ content }) => ({ content, to: 0 }));
    }
    this.#position = position;
  }
}

/** The seq that holds for all of them. */
function highestTo(changes: readonly ServerChange[]): number {
  let highest = 0;
  for (const { to } of changes) {
    if (to === 0) return 0;
    highest = Math.max(highest, to);
  }
  return highest;
}

function joined(contents: readonly ScannedUpdate[]): ScannedUpdate[] {
  if (contents.length === 0) return [];
  return concatenate(contents).filter((content) => !isEmpty(content));
}

function isEmpty(content: Content): boolean {
  return content.runs.length === 0 && content.deletes.size === 0;
}
