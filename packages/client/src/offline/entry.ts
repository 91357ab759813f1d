import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { Change } from '../local-copy.ts';

/** A change as it is stored: one of the log, or several that were written together. */
export type Entry = Change;

/** `varUint(0)` for own changes, `varUint(1 + to)` for those of the server; the rest is the update. */
export function encodeEntry({ update, own, to }: Entry): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, own ? 0 : to + 1);
  encoding.writeUint8Array(encoder, update);
  return encoding.toUint8Array(encoder);
}

/** @throws Error when there is no header. What the update is like remains to be seen. */
export function decodeEntry(bytes: Uint8Array): Entry {
  const decoder = decoding.createDecoder(bytes);
  const header = decoding.readVarUint(decoder);
  return {
    update: bytes.subarray(decoder.pos),
    own: header === 0,
    to: Math.max(0, header - 1),
  };
}
