import type { DocumentId } from '@syncline/protocol';
import { concatenate, decodeStateVector, encodeStateVector, scan } from '@syncline/update';
import { type Position, START } from '../local-copy.ts';
import type { Transaction } from './backend.ts';
import type { Batch } from './batch.ts';
import { DamagedCopyError } from './damaged-copy.ts';
import { type Entry, encodeEntry } from './entry.ts';
import { logKey, metaKey, recordBytes } from './key.ts';
import { encodeMeta, type Meta, newMeta } from './meta.ts';
import { readContent, readMeta, rescue, type StoredContent } from './stored-copy.ts';

/** What a tab knows of the stored copy. */
export interface Standing {
  /** Of the copy that it read or wrote last; '': there was none. */
  readonly incarnation: string;
  /** It has all entries up to this one. */
  readonly seen: number;
  /** The last one that the server told the tab, which the copy may have left behind or not reached. */
  readonly epoch: string;
  /** That of what is in its Y.Doc: also when it has that from other tabs alone. */
  readonly contentEpoch: string;
}

export const NO_STANDING: Standing = { incarnation: '', seen: 0, epoch: '', contentEpoch: '' };

/** A tab that writes. */
export interface Writer {
  readonly documentId: DocumentId;
  readonly standing: Standing;
  /** Where its Y.Doc is. */
  readonly position: Position;
  /** How many own changes of other tabs it has. */
  readonly foreign: number;
  /** All that its Y.Doc has now, and where that is: both may be further than the batch. */
  whole(): { readonly update: Uint8Array; readonly position: Position };
}

export type Outcome =
  /** Another tab met a reset: the copy is of another document, so to speak. Nothing was written. */
  { readonly kind: 'put-away' } | Written;

export interface Written {
  readonly kind: 'written';
  readonly standing: Standing;
  /** The copy as it is now; undefined: there is none, and nothing to write. */
  readonly meta: Meta | undefined;
  /** What other tabs wrote that this one had not. */
  readonly missed: readonly Entry[];
  /** What this tab wrote: the newest entries up to the head. */
  readonly entries: readonly Entry[];
  /** The server has all up to this entry. */
  readonly saved?: number;
  /** What the copy grew by, in bytes. */
  readonly grown: number;
  /** The copy could not be read, and was begun anew. */
  readonly damage?: DamagedCopyError;
}

/** Writes what waits, unless the copy is of another epoch, and reads what other tabs wrote. */
export async function commit(
  transaction: Transaction,
  writer: Writer,
  batch: Batch,
): Promise<Outcome> {
  const { documentId, standing, position } = writer;
  let stored: Meta | undefined;
  let content: StoredContent = { entries: [] };
  let damage: DamagedCopyError | undefined;
  try {
    stored = await readMeta(transaction, documentId);
    if (stored !== undefined) {
      if (isPutAway(stored, standing, position)) return { kind: 'put-away' };
      const seen = stored.incarnation === standing.incarnation ? standing.seen : 0;
      content = await readContent(transaction, documentId, stored, seen);
    }
  } catch (error) {
    if (!(error instanceof DamagedCopyError)) throw error;
    damage = error;
    stored = undefined;
    await rescue(transaction, documentId);
  }

  const base = stored ?? newMeta();
  const isLost =
    damage !== undefined ||
    (standing.incarnation !== '' && stored?.incarnation !== standing.incarnation);
  const { entries, place, unsaved } = isLost
    ? wholeAfter(base, writer)
    : after(base, writer, batch);

  const head = base.head + entries.length;
  const meta: Meta = {
    ...base,
    ...place,
    unsavedBytes: unsaved.bytes,
    savedVector: unsaved.savedVector,
    head,
    ownHead: entries.at(-1)?.own === true ? head : base.ownHead,
    tailBytes: base.tailBytes + putEntries(transaction, documentId, base.head, entries),
    usedAt: Date.now(),
  };
  const isChanged = isLost || entries.length > 0 || !isSamePlace(meta, base);
  if (isChanged) transaction.put(metaKey(documentId), encodeMeta(meta));
  const exists = isChanged || stored !== undefined;
  const saved = batch.ownBytesSinceClaim > 0 ? base.head : head;
  return {
    kind: 'written',
    standing: {
      incarnation: exists ? meta.incarnation : standing.incarnation,
      seen: head,
      epoch: position.epoch || standing.epoch,
      contentEpoch: position.epoch || meta.epoch || standing.contentEpoch,
    },
    meta: exists ? meta : undefined,
    missed: missedBy(standing, base, content),
    entries,
    ...(unsaved.isClaimed && isChanged && { saved }),
    grown: meta.tailBytes - base.tailBytes,
    ...(damage !== undefined && { damage }),
  };
}

/** Whether the copy is one that the writer's changes must not come into. */
function isPutAway(stored: Meta, standing: Standing, position: Position): boolean {
  const differs = (epoch: string) =>
    epoch !== '' &&
    stored.epoch !== '' &&
    epoch !== stored.epoch &&
    standing.epoch !== stored.epoch;
  if (stored.incarnation !== standing.incarnation) {
    return (
      stored.putAway.includes(standing.incarnation) ||
      differs(position.epoch || standing.contentEpoch)
    );
  }
  // Without a reset, the server carried the document on under a new epoch (A3 of the SPEC), and told this
  // tab or another one first. Who comes to the copy with an epoch of its own was never told that.
  return differs(position.epoch) && standing.epoch === '';
}

interface Addition {
  readonly entries: readonly Entry[];
  readonly place: Pick<Meta, 'epoch' | 'cursor'>;
  readonly unsaved: {
    readonly bytes: number;
    readonly savedVector: Uint8Array;
    /** The writer's word that the server has all was good for the copy as well. */
    readonly isClaimed: boolean;
  };
}

/** The copy was evicted, cleared or damaged, be it that another tab began it anew: it gets all that there is. */
function wholeAfter(base: Meta, writer: Writer): Addition {
  const { update, position } = writer.whole();
  const own = position.unsavedBytes > 0;
  const epoch = position.epoch || writer.standing.contentEpoch;
  const cursor = position.epoch === '' ? 0 : position.cursor;
  return {
    entries: concatenate([scan(update)])
      .filter(({ runs, deletes }) => runs.length > 0 || deletes.size > 0)
      .map(({ bytes }) => ({ update: bytes, own, to: 0 })),
    place:
      epoch === ''
        ? { epoch: base.epoch, cursor: base.cursor }
        : { epoch, cursor: epoch === base.epoch ? Math.max(base.cursor, cursor) : cursor },
    unsaved: {
      bytes: base.unsavedBytes + position.unsavedBytes,
      savedVector: savedVectorAfter(base, position, own),
      isClaimed: false,
    },
  };
}

function after(base: Meta, writer: Writer, batch: Batch): Addition {
  const { standing, foreign, position } = writer;
  const seen = base.incarnation === standing.incarnation ? standing.seen : 0;
  const isClaimed = batch.claim !== undefined && batch.claim === foreign && base.ownHead <= seen;
  const bytes = isClaimed ? batch.ownBytesSinceClaim : base.unsavedBytes + batch.ownBytes;
  const before = isClaimed ? { ...base, unsavedBytes: 0 } : base;
  return {
    entries: batch.entries(base),
    place: placeAfter(base, standing, batch.position),
    unsaved: {
      bytes,
      savedVector:
        bytes === 0 ? START.savedVector : savedVectorAfter(before, position, batch.ownBytes > 0),
      isClaimed,
    },
  };
}

/** Never further than the content goes: all that the writer had of the server is in the copy, or in the batch. */
function placeAfter(
  base: Meta,
  standing: Standing,
  position: Position | undefined,
): Addition['place'] {
  const kept = { epoch: base.epoch, cursor: base.cursor };
  if (position === undefined || position.epoch === '') return kept;
  const { epoch, cursor } = position;
  if (epoch === base.epoch) return { epoch, cursor: Math.max(base.cursor, cursor) };
  // The document was carried on, and another tab knows it already.
  if (base.epoch !== '' && epoch === standing.epoch) return kept;
  return { epoch, cursor };
}

/** The state vector before all that anybody has unsaved in the copy. */
function savedVectorAfter(base: Position, position: Position, hasOwn: boolean): Uint8Array {
  if (!hasOwn) return base.savedVector;
  if (base.unsavedBytes === 0) return position.savedVector;
  return lower(base.savedVector, position.savedVector);
}

/** The clocks that both state vectors have. */
function lower(one: Uint8Array, other: Uint8Array): Uint8Array {
  const clocks = decodeStateVector(other);
  const common = [...decodeStateVector(one)].flatMap(([client, clock]) => {
    const both = Math.min(clock, clocks.get(client) ?? 0);
    return both > 0 ? [[client, both] as const] : [];
  });
  return encodeStateVector(new Map(common));
}

function isSamePlace(one: Position, other: Position): boolean {
  return (
    one.epoch === other.epoch &&
    one.cursor === other.cursor &&
    one.unsavedBytes === other.unsavedBytes
  );
}

/** @returns their bytes */
function putEntries(
  transaction: Transaction,
  documentId: DocumentId,
  after: number,
  entries: readonly Entry[],
): number {
  let bytes = 0;
  for (const [i, entry] of entries.entries()) {
    const key = logKey(documentId, after + i + 1);
    const value = encodeEntry(entry);
    transaction.put(key, value);
    bytes += recordBytes(key, value);
  }
  return bytes;
}

function missedBy(standing: Standing, base: Meta, { checkpoint, entries }: StoredContent): Entry[] {
  const seen = base.incarnation === standing.incarnation ? standing.seen : 0;
  return [
    // Nobody can say any more which part of a checkpoint is unsaved.
    ...(checkpoint === undefined
      ? []
      : [{ update: checkpoint.bytes, own: base.unsavedBytes > 0 && base.ownHead > seen, to: 0 }]),
    ...entries.map(({ update, own, to }) => ({ update, own, to })),
  ];
}
