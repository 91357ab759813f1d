import type { StoredLog } from '../stored-log.ts';

/** A log in one piece of memory, which goes from thread to thread without a copy of each entry. */
export interface PackedLog {
  /** The checkpoint, if there is one, and the entries, one after the other; nothing else is in its buffer. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How long each of them is. */
  readonly lengths: readonly number[];
  readonly hasCheckpoint: boolean;
}

export function packLog({ checkpoint, entries }: StoredLog): PackedLog {
  const all = checkpoint === undefined ? entries : [checkpoint, ...entries];
  const lengths = all.map(({ length }) => length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, lengths, hasCheckpoint: checkpoint !== undefined };
}

/** The log of which these are the bytes. */
export function unpackLog({ bytes, lengths, hasCheckpoint }: PackedLog): StoredLog {
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
