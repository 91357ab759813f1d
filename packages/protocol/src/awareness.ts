import { createEncoder, toUint8Array, writeVarString, writeVarUint } from 'lib0/encoding';
import { FrameReader } from './frame-reader.ts';

/** The awareness state of one Yjs client at one moment. */
export interface AwarenessEntry {
  /** The Yjs client id. */
  readonly client: number;
  /** Grows with every change, and with every renewal (each 15 s). */
  readonly clock: number;
  /** JSON, or null when the client is gone. */
  readonly state: string | null;
}

/** A client id, a clock, and a length of at least one byte each, and four letters of `null`. */
const MIN_ENTRY_BYTES = 4;
/** Stock clients recurse over a state when they compare and encode it: a deep one throws in them. */
const MAX_DEPTH = 100;
/** Clocks count changes, so none of an honest client is beyond this. */
const MAX_CLOCK = 2 ** 32 - 1;

/**
 * Whether what a client says of itself at a clock is no news, if it is a state of so many bytes: then
 * nobody needs it, and it is not read.
 */
export type IsKnownState = (client: number, clock: number, bytes: number) => boolean;

const nothingIsKnown: IsKnownState = () => false;

/**
 * Reads an awareness update (y-protocols/awareness.js):
 * `varUint(n) n × (varUint(client) varUint(clock) varString(json))`.
 * An entry with a clock that no honest client could reach is left out: after it, that client's own
 * next state would count as an old one.
 * @param isKnown says which entries to leave out: stock clients send on all that they are told.
 * @throws SyncError `malformed-frame`
 */
export function decodeAwareness(bytes: Uint8Array, isKnown = nothingIsKnown): AwarenessEntry[] {
  const reader = new FrameReader(bytes);
  const entries: AwarenessEntry[] = [];
  for (let left = reader.count(MIN_ENTRY_BYTES); left > 0; left--) {
    const client = reader.varUint();
    const clock = reader.varUint();
    const length = reader.varUint();
    if (clock > MAX_CLOCK || isKnown(client, clock, length)) {
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
  if (depthOf(json) > MAX_DEPTH) reader.refuse(`an awareness state nests deeper than ${MAX_DEPTH}`);
  try {
    return JSON.parse(json) === null;
  } catch (cause) {
    return reader.refuse('an awareness state is not valid JSON', cause);
  }
}

/** How deep arrays and objects nest in a text that is JSON, found without recursion. */
function depthOf(json: string): number {
  if (json.length <= 2 * MAX_DEPTH) return 0; // too short to matter
  let depth = 0;
  let deepest = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return deepest;
}
