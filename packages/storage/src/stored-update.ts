import { promisify } from 'node:util';
import {
  deflateRaw,
  deflateRawSync,
  type InputType,
  inflateRaw,
  inflateRawSync,
  type ZlibOptions,
} from 'node:zlib';
import type { StoredCheckpoint } from './document-store.ts';

/** The update of a checkpoint in the form in which it is stored. */
export interface StoredUpdate {
  /** How `bytes` hold the update: as it is, or deflated (RFC 1951). */
  readonly encoding: StoredCheckpoint['encoding'];
  /** How long the update is, in bytes. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** Level 1 takes a third of the time of level 6, and saves nearly as much on updates. */
const DEFLATE_LEVEL = 1;
/** Deflated is only worth it when this part of the bytes is saved. */
const WORTHWHILE_SAVING = 0.1;
/** Below this an update is stored as it is: the saving is less than the file system's block. */
const DEFLATE_FROM_BYTES = 256;
/** Up to this an update is inflated in one piece: several would have to be joined. */
const MAX_CHUNK_BYTES = 16 * 1024 * 1024;
/**
 * Up to this an update is deflated and inflated in the event loop. Deflating 20 KB takes 40 to 73 µs there, where a
 * thread and Node's streams take 124 to 180; four times this limit takes 1.4 to 2.8 ms.
 */
const MAX_BYTES_HERE = 64 * 1024;

const deflateElsewhere = promisify<InputType, ZlibOptions, Buffer>(deflateRaw);
const inflateElsewhere = promisify<InputType, ZlibOptions, Buffer>(inflateRaw);

/** Deflates where that is worth it; what is large outside of the event loop. */
export async function deflateUpdate(update: Uint8Array): Promise<StoredUpdate> {
  const { length } = update;
  if (length >= DEFLATE_FROM_BYTES) {
    const options = { level: DEFLATE_LEVEL };
    const bytes =
      length <= MAX_BYTES_HERE
        ? deflateRawSync(update, options)
        : await deflateElsewhere(update, options);
    if (bytes.length < length * (1 - WORTHWHILE_SAVING)) {
      return { encoding: 'deflate-raw', length, bytes };
    }
  }
  return { encoding: 'identity', length, bytes: update };
}

/**
 * The update itself, in memory of its own. Never inflates to more than `length`; what is large outside of the event loop.
 * @throws Error when the bytes do not hold an update of that length.
 */
export async function inflateUpdate(stored: StoredUpdate): Promise<Uint8Array> {
  const { encoding, length } = stored;
  const update = encoding === 'identity' ? stored.bytes : await inflated(stored);
  if (update.length !== length) throw new Error(`${update.length} bytes instead of ${length}`);
  return new Uint8Array(update);
}

async function inflated({ bytes, length }: StoredUpdate): Promise<Buffer> {
  // One more than the length, so that longer contents are noticed; at least the 64 that Node asks.
  const room = Math.max(length + 1, 64);
  const options = { maxOutputLength: room, chunkSize: Math.min(room, MAX_CHUNK_BYTES) };
  return Math.max(length, bytes.length) <= MAX_BYTES_HERE
    ? inflateRawSync(bytes, options)
    : await inflateElsewhere(bytes, options);
}
