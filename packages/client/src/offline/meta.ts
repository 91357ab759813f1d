import type { DocumentId } from '@syncline/protocol';
import { decodeStateVector } from '@syncline/update';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { type Position, START } from '../local-copy.ts';
import { DamagedCopyError } from './damaged-copy.ts';
import { metaKey, recordBytes } from './key.ts';
import { randomId } from './random-id.ts';

/** What is known of a stored copy as a whole. Each write to the copy overwrites it. */
export interface Meta extends Position {
  /** A random id: another one means that the copy was lost or put away, and begun anew. */
  readonly incarnation: string;
  /** The copies before this one that were put away, newest first: nothing may come from them. */
  readonly putAway: readonly string[];
  /** The number of the newest entry; 0: there was none yet. */
  readonly head: number;
  /** The number of the newest entry with own changes. */
  readonly ownHead: number;
  /** All entries up to this one are in the checkpoint, but for those that are still there. */
  readonly checkpointHead: number;
  /** What the checkpoint and the entries take, keys and values. */
  readonly checkpointBytes: number;
  readonly tailBytes: number;
  /** When the copy was opened or written to, in milliseconds since 1970. */
  readonly usedAt: number;
}

const VERSION = 1;

/** How many copies that were put away are remembered: tabs that still have one open must not write. */
const MAX_PUT_AWAY = 8;

export function newMeta(putAway: readonly string[] = []): Meta {
  return {
    incarnation: randomId(),
    putAway: putAway.slice(0, MAX_PUT_AWAY),
    ...START,
    head: 0,
    ownHead: 0,
    checkpointHead: 0,
    checkpointBytes: 0,
    tailBytes: 0,
    usedAt: Date.now(),
  };
}

/** The bytes of the whole copy. */
export function bytesOf(documentId: DocumentId, meta: Meta): number {
  return meta.checkpointBytes + meta.tailBytes + recordBytes(metaKey(documentId), encodeMeta(meta));
}

export function encodeMeta(meta: Meta): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeUint8(encoder, VERSION);
  encoding.writeVarString(encoder, meta.incarnation);
  encoding.writeVarUint(encoder, meta.putAway.length);
  for (const incarnation of meta.putAway) encoding.writeVarString(encoder, incarnation);
  encoding.writeVarString(encoder, meta.epoch);
  encoding.writeVarUint(encoder, meta.cursor);
  encoding.writeVarUint(encoder, meta.unsavedBytes);
  encoding.writeVarUint8Array(encoder, meta.savedVector);
  encoding.writeVarUint(encoder, meta.head);
  encoding.writeVarUint(encoder, meta.ownHead);
  encoding.writeVarUint(encoder, meta.checkpointHead);
  encoding.writeVarUint(encoder, meta.checkpointBytes);
  encoding.writeVarUint(encoder, meta.tailBytes);
  // Of a fixed size, so that opening a copy never makes it larger.
  encoding.writeFloat64(encoder, meta.usedAt);
  return encoding.toUint8Array(encoder);
}

/** @throws DamagedCopyError */
export function decodeMeta(documentId: DocumentId, bytes: Uint8Array): Meta {
  let meta: Meta;
  let version: number;
  let rest: number;
  try {
    const decoder = decoding.createDecoder(bytes);
    version = decoding.readUint8(decoder);
    if (version !== VERSION) throw new Error(`the version is ${version}`);
    const incarnation = decoding.readVarString(decoder);
    const count = decoding.readVarUint(decoder);
    if (count > MAX_PUT_AWAY) throw new Error(`${count} copies were put away`);
    meta = {
      incarnation,
      putAway: Array.from({ length: count }, () => decoding.readVarString(decoder)),
      epoch: decoding.readVarString(decoder),
      cursor: decoding.readVarUint(decoder),
      unsavedBytes: decoding.readVarUint(decoder),
      savedVector: decoding.readVarUint8Array(decoder).slice(),
      head: decoding.readVarUint(decoder),
      ownHead: decoding.readVarUint(decoder),
      checkpointHead: decoding.readVarUint(decoder),
      checkpointBytes: decoding.readVarUint(decoder),
      tailBytes: decoding.readVarUint(decoder),
      usedAt: decoding.readFloat64(decoder),
    };
    decodeStateVector(meta.savedVector);
    rest = bytes.length - decoder.pos;
  } catch (cause) {
    throw new DamagedCopyError(documentId, 'cannot be read', cause);
  }
  if (rest !== 0) throw new DamagedCopyError(documentId, 'has a record of the wrong length');
  return meta;
}
