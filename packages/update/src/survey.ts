import { ByteReader } from './byte-reader.ts';
import { type DeleteSet, includesRange } from './delete-set.ts';
import type { ScannedUpdate } from './scan.ts';
import { isMapValue, Kind, Struct } from './struct.ts';

/** What of an update is to be looked at more closely; most have neither. */
export interface Survey {
  /** Whether a parent was deleted. */
  readonly mayHaveOrphans: boolean;
  /** Whether a key of a map may have been given two values at the same time. */
  readonly mayHaveRivals: boolean;
}

/** Looks at each struct once, and keeps no more than ids of values in maps. */
export function survey({ runs, deletes }: ScannedUpdate): Survey {
  const struct = new Struct();
  const origins = new Map<number, Set<number>>();
  const firsts = new Set<string>();
  let mayHaveOrphans = false;
  let mayHaveRivals = false;
  for (const run of runs) {
    const { bytes } = run;
    const reader = new ByteReader(bytes, run.from);
    for (let { clock } = run; clock < run.end; clock += struct.length) {
      struct.readOf(run, reader, clock);
      if (!mayHaveOrphans) {
        mayHaveOrphans = struct.kind === Kind.gc || hasDeletedParent(struct, deletes);
      }
      if (!mayHaveRivals && isMapValue(bytes, struct)) {
        mayHaveRivals = struct.length > 1 || isRival(bytes, struct, origins, firsts);
      }
    }
  }
  return { mayHaveOrphans, mayHaveRivals };
}

export function hasDeletedParent(
  { parentClient, parentClock }: Struct,
  deletes: DeleteSet,
): boolean {
  if (parentClient < 0) return false;
  const ranges = deletes.get(parentClient);
  return ranges !== undefined && includesRange(ranges, parentClock, parentClock + 1);
}

/** Whether a value of a map comes after the same as another one that was here before. */
function isRival(
  bytes: Uint8Array,
  { from, contentFrom, originClient, originClock }: Struct,
  origins: Map<number, Set<number>>,
  firsts: Set<string>,
): boolean {
  if (originClient < 0) {
    const size = firsts.size;
    return firsts.add(placeOf(bytes, from, contentFrom)).size === size;
  }
  let clocks = origins.get(originClient);
  if (clocks === undefined) origins.set(originClient, (clocks = new Set()));
  const { size } = clocks;
  return clocks.add(originClock).size === size;
}

/** Of the first value of a key: the bytes that say which map and key it is. */
export function placeOf(bytes: Uint8Array, from: number, contentFrom: number): string {
  let text = '';
  for (let at = from + 1; at < contentFrom; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}
