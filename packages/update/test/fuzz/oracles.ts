import * as Y from 'yjs';
import {
  type Content,
  Coverage,
  collect,
  concatenate,
  decodeStateVector,
  encode,
  type Held,
  Lineage,
  type ScannedUpdate,
  scan,
  UpdateError,
} from '../../src/index.ts';
import { isMisplaced, type Shown, shownBy } from './shown.ts';

/** A log that admits updates as a room does. */
export class Log {
  readonly entries: Uint8Array[] = [];
  /** What live readers have. */
  readonly live = new Y.Doc();
  /** Whether Yjs may put something at another place, depending on the order of updates. */
  isOrderOpen = false;
  refused = 0;
  readonly #coverage = new Coverage();
  readonly #lineage = new Lineage();
  #held: Held[] = [];

  /** @returns the entries that it becomes. */
  admit(update: Uint8Array): Uint8Array[] {
    const { length } = this.entries;
    let content: ScannedUpdate;
    try {
      content = scan(update);
    } catch (error) {
      this.#refuse(error);
      return [];
    }
    this.#take(content);
    return this.entries.slice(length);
  }

  #take(content: Content): void {
    const { news, held } = this.#coverage.admit(content);
    if (news !== undefined) {
      try {
        this.#lineage.add(news, this.#coverage);
      } catch (error) {
        this.#refuse(error);
        return;
      }
      this.#coverage.add(news);
      this.#append(encode(news));
    }
    if (held !== undefined) this.#held.push(held);
    if (news === undefined) return;
    for (const waiting of this.#held.splice(0)) this.#take(waiting);
  }

  #append(entry: Uint8Array): void {
    this.entries.push(entry);
    Y.applyUpdate(this.live, entry);
    this.isOrderOpen ||= isMisplaced(entry, this.live);
  }

  #refuse(error: unknown): void {
    if (!(error instanceof UpdateError)) throw error;
    this.refused++;
  }

  /**
   * Makes the same document of the log in all the ways that readers get it, and says how they differ
   * from the live ones. What Yjs throws is thrown.
   */
  differences(): string[] {
    const { entries, live, isOrderOpen } = this;
    const joined = join(entries);
    const compacted = collect(scan(joined)).bytes;
    const half = entries.length >> 1;
    const earlier = entries.slice(0, half);
    const later = entries.slice(half);
    const part = collect(scan(join(earlier))).bytes;
    const reader = docOf(earlier);
    const vector = decodeStateVector(Y.encodeStateVector(reader));
    const [answer] = concatenate([scan(joined)], vector);
    const [fromCompacted] = concatenate([scan(compacted)], vector);
    const ways: Record<string, readonly Uint8Array[]> = {
      joined: [joined],
      compacted: [compacted],
      'compacted twice': [collect(scan(compacted)).bytes],
      'compacted before the rest came': [part, ...later],
      'compacted before and after': [collect(scan(join([part, ...later]))).bytes],
      'joined for a reader who has a half': [...earlier, answer.bytes],
      'compacted for a reader who has a half': [...earlier, fromCompacted.bytes],
      'encoded by Yjs': [Y.encodeStateAsUpdate(live)],
    };
    const expected = shownBy(live);
    const view: keyof Shown = isOrderOpen ? 'inBags' : 'inOrder';
    return Object.entries(ways).flatMap(([way, updates]) => {
      const shown = shownBy(docOf(updates))[view];
      return shown === expected[view] ? [] : `${way}:\n${shown}\nlive:\n${expected[view]}`;
    });
  }
}

function join(updates: readonly Uint8Array[]): Uint8Array {
  const [update, ...rest] = concatenate(updates.map(scan));
  if (rest.length > 0) throw new TypeError('the log has a gap');
  return update.bytes;
}

function docOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
    throw new TypeError('something is pending');
  }
  return doc;
}
