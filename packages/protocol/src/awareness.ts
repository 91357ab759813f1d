import { createEncoder, toUint8Array, writeVarString, writeVarUint } from 'lib0/encoding';
import { FrameReader } from './frame-reader.ts';
import { jsonDepth } from './json-depth.ts';

/** The awareness state of one Yjs client at one moment. */
export interface AwarenessEntry {
  /** The Yjs client id. */
  readonly client: number;
  /** Grows with every change, and with every renewal (each 15 s). */
  readonly clock: number;
  /** JSON, or null when the client is gone. */
  readonly state: string | null;
}

/** Says what of an awareness update is read, before any of it is. */
export interface AwarenessGuard {
  /** How many entries there are. @throws SyncError to refuse all of them. */
  count(entries: number): void;
  /** Whether an entry is read whose state has this many bytes. @throws SyncError to refuse all of them. */
  wants(client: number, clock: number, bytes: number): boolean;
}

/** A client id, a clock, and a length of at least one byte each, and four letters of `null`. */
const MIN_ENTRY_BYTES = 4;
/** Stock clients recurse over a state when they compare and encode it: a deep one throws in them. */
const MAX_DEPTH = 100;
/** Clocks count changes, so none of an honest client is beyond this. */
const MAX_CLOCK = 2 ** 32 - 1;

const readAll: AwarenessGuard = { count() {}, wants: () => true };

/**
 * Reads an awareness update (y-protocols/awareness.js):
 * `varUint(n) n × (varUint(client) varUint(clock) varString(json))`.
 * An entry with a clock that no honest client could reach is left out: after it, that client's own
 * next state would count as an old one.
 * @param guard is asked for the size of each state before the state is read.
 * @throws SyncError `malformed-frame`, and what the guard throws.
 */
export function decodeAwareness(bytes: Uint8Array, guard = readAll): AwarenessEntry[] {
  const reader = new FrameReader(bytes);
  const entries: AwarenessEntry[] = [];
  const count = reader.count(MIN_ENTRY_BYTES);
  guard.count(count);
  for (let left = count; left > 0; left--) {
    const client = reader.varUint();
    const clock = reader.varUint();
    const length = reader.varUint();
    if (clock > MAX_CLOCK || !guard.wants(client, clock, length)) {
      reader.skip(length);
      continue;
    }
    const json = reader.text(reader.take(length));
    entries.push({ client, clock, state: isNull(json, reader) ? null : json });
  }
  reader.end();
  return entries;
}

export function encodeAwareness(entries: readonly AwarenessEntry[]): Uint8Array {
  const encoder = createEncoder();
  writeVarUint(encoder, entries.length);
  for (const { client, clock, state } of entries) {
    writeVarUint(encoder, client);
    writeVarUint(encoder, clock);
    writeVarString(encoder, state ?? 'null');
  }
  return toUint8Array(encoder);
}

/** Whether the state is null; what is no JSON would throw in every stock client that gets it. */
function isNull(json: string, reader: FrameReader): boolean {
  const isShort = json.length <= 2 * MAX_DEPTH; // too short to nest that deep and be JSON
  if (!isShort && jsonDepth(json) > MAX_DEPTH) {
    reader.refuse(`an awareness state nests deeper than ${MAX_DEPTH}`);
  }
  try {
    return JSON.parse(json) === null;
  } catch (cause) {
    return reader.refuse('an awareness state is not valid JSON', cause);
  }
}
