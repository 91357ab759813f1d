import { SyncError } from '@syncline/protocol';
import { type Content, concatenate, coverageOf, scan } from '@syncline/update';
import * as Y from 'yjs';
import { readStoredLog, type StoredLog } from '../stored-log.ts';

/**
 * At the end of a transaction Yjs merges the structs that came with it, and each merge moves all that follow
 * in the client's array. So not all in one: 36,000 updates of one letter take a quarter of the time like this.
 */
const CONTENTS_A_TRANSACTION = 256;

/** A log, merged. */
export interface Merged {
  /** The whole state as one update, with what was deleted collected as garbage. */
  readonly checkpoint: Uint8Array;
  /** Which of the entries Yjs could not integrate; the checkpoint is without them. */
  readonly setAside: readonly number[];
}

/**
 * Merges a document's log.
 * @throws SyncError `load-failed` when the old checkpoint cannot be integrated (there is nothing to
 *   stand on then), `internal` when the new one would not cover what went in.
 */
export function compact({ checkpoint: before, entries }: StoredLog): Merged {
  /** The entries that are still in, as places. */
  let places = entries.map((_, place) => place);
  const included = () => places.map((place) => entries[place] as Uint8Array);
  const updates = () => (before === undefined ? included() : [before, ...included()]);
  /** Leaves out the entries that cannot be read; returns what the others say. */
  const readable = (): readonly Content[] => {
    const { contents, unreadable } = readStoredLog({ checkpoint: before, entries: included() });
    const out = new Set(unreadable);
    places = places.filter((_, index) => !out.has(index));
    return contents;
  };

  let doc = applyAll(joined(readable())) ?? applyAll(updates());
  while (doc === undefined) {
    const culprit = findCulprit(updates()) - (before === undefined ? 0 : 1);
    if (culprit < 0) throw new SyncError('load-failed', 'the checkpoint cannot be integrated');
    places.splice(culprit, 1);
    readable(); // without what stood on it
    doc = applyAll(updates());
  }
  const checkpoint = Y.encodeStateAsUpdate(doc);
  const covered = coverageOf([scan(checkpoint)]);
  // Of what is stored, and not of what was read from it for the merge: nothing else would notice a fault there.
  if (!updates().every((update) => covered.covers(scan(update)))) {
    throw new SyncError('internal', 'the checkpoint does not cover the log');
  }
  const kept = new Set(places);
  return { checkpoint, setAside: [...entries.keys()].filter((place) => !kept.has(place)) };
}

/** The log in fewer updates, in which text that was typed letter by letter is in one piece. */
function joined(contents: readonly Content[]): Uint8Array[] {
  const updates: Uint8Array[] = [];
  for (let start = 0; start < contents.length; start += CONTENTS_A_TRANSACTION) {
    const pieces = concatenate(contents.slice(start, start + CONTENTS_A_TRANSACTION));
    updates.push(...pieces.map(({ bytes }) => bytes));
  }
  return updates;
}

/** A document with all updates; undefined when one throws, or something is left pending. */
function applyAll(updates: readonly Uint8Array[]): Y.Doc | undefined {
  // With a name of its own it would be given a random one, which costs as much as a short log.
  const doc = new Y.Doc({ guid: 'log' });
  try {
    for (const update of updates) Y.applyUpdate(doc, update);
  } catch {
    return undefined;
  }
  return doc.store.pendingStructs === null && doc.store.pendingDs === null ? doc : undefined;
}

/** The first update without which those before it can be applied, by bisection. */
function findCulprit(updates: readonly Uint8Array[]): number {
  let low = 0; // so many can be applied
  let high = updates.length; // so many cannot
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (applyAll(updates.slice(0, middle)) === undefined) high = middle;
    else low = middle;
  }
  return high - 1;
}
