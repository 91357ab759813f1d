import { promisify } from 'node:util';
import { deflateRaw, type InputType, inflateRaw, type ZlibOptions } from 'node:zlib';
import type { StoredCheckpoint } from '@syncline/storage';

/** How bytes hold an update. */
export type Encoding = StoredCheckpoint['encoding'];

/** The update of a checkpoint in the form in which it is stored. */
export interface StoredUpdate {
  readonly encoding: Encoding;
  /** How long the update is. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** Level 1 takes a third of the time of level 6, and saves nearly as much on updates. */
const DEFLATE_LEVEL = 1;
/** Deflated is only worth it when this part of the bytes is saved. */
const WORTHWHILE_SAVING = 0.1;
/** Below this an update is stored as it is. */
const DEFLATE_FROM_BYTES = 256;

const deflate = promisify<InputType, ZlibOptions, Buffer>(deflateRaw);
const inflate = promisify<InputType, ZlibOptions, Buffer>(inflateRaw);

/** Deflates outside of the event loop, where that is worth it. */
export async function deflateUpdate(update: Uint8Array): Promise<StoredUpdate> {
  const { length } = update;
  if (length >= DEFLATE_FROM_BYTES) {
    const bytes = await deflate(update, { level: DEFLATE_LEVEL });
    if (bytes.length < length * (1 - WORTHWHILE_SAVING)) {
      return { encoding: 'deflate-raw', length, bytes };
    }
  }
  return { encoding: 'identity', length, bytes: update };
}

/**
 * Inflates outside of the event loop, and never to more than `length`.
 * @throws Error when the bytes do not hold an update of that length.
 */
export async function inflateUpdate(
  encoding: Encoding,
  bytes: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  // One more than the length, so that longer contents are noticed; at least the 64 that Node asks.
  const update =
    encoding === 'identity'
      ? bytes
      : await inflate(bytes, { maxOutputLength: Math.max(length + 1, 64) });
  if (update.length !== length) throw new Error(`${update.length} bytes instead of ${length}`);
  return new Uint8Array(update.buffer, update.byteOffset, update.length);
}
