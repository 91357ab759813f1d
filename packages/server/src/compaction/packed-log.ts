import type { StoredLog } from '../stored-log.ts';

/**
 * A log in one piece of memory, which both threads see. It is shared and not handed over: when a process first
 * detaches an ArrayBuffer, V8 throws away all optimised code that reads bytes, and that of later checks for it.
 */
export interface PackedLog {
  /** The checkpoint, if there is one, and the entries, one after the other. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** How long each of them is. */
  readonly lengths: readonly number[];
  readonly hasCheckpoint: boolean;
}

export function packLog({ checkpoint, entries }: StoredLog): PackedLog {
  const all = checkpoint === undefined ? entries : [checkpoint, ...entries];
  const lengths = all.map(({ length }) => length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const bytes = new Uint8Array(new SharedArrayBuffer(total));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, lengths, hasCheckpoint: checkpoint !== undefined };
}

/** The log of which these are the bytes, in memory of this thread. */
export function unpackLog({ bytes: shared, lengths, hasCheckpoint }: PackedLog): StoredLog {
  const bytes = shared.slice();
  let at = 0;
  const all = lengths.map((length) => {
    const part = bytes.subarray(at, at + length);
    at += length;
    return part;
  });
  return hasCheckpoint
    ? { checkpoint: all[0], entries: all.slice(1) }
    : { checkpoint: undefined, entries: all };
}
