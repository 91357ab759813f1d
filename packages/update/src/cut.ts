import { ByteReader } from './byte-reader.ts';
import { indexOf, type Place } from './run-index.ts';
import type { Run } from './scan.ts';
import { encodeStructTail, Struct } from './struct.ts';

/**
 * The part of a run from clock `since` to `until`. Only the struct that `since` falls into is
 * sliced; `until` must be where a struct ends.
 */
export function cutRun(run: Run, since: number, until = run.end): Run[] {
  if (since >= run.end || until <= Math.max(since, run.clock)) return [];
  if (since <= run.clock && until >= run.end) return [run];
  const { client, bytes } = run;
  const reader = new ByteReader(bytes);
  const struct = new Struct();
  const cut: Run[] = [];
  const start = walk(run, since, reader, struct);
  if (start.clock > since && since > run.clock) {
    const tail = encodeStructTail(reader, struct, since - struct.clock);
    const end = start.clock;
    cut.push({ client, clock: since, end, count: 1, bytes: tail, from: 0, to: tail.length });
  }
  const end =
    until >= run.end
      ? { clock: run.end, at: run.to, count: run.count }
      : walk(run, until, reader, struct);
  if (end.count > start.count) {
    const count = end.count - start.count;
    cut.push({
      client,
      clock: start.clock,
      end: end.clock,
      count,
      bytes,
      from: start.at,
      to: end.at,
    });
  }
  return cut;
}

/** The first place in the run that is not before the clock; leaves the struct before it in `struct`. */
function walk(run: Run, clock: number, reader: ByteReader, struct: Struct): Place {
  const index = indexOf(run);
  const place = index?.before(clock - 1) ?? { clock: run.clock, at: run.from, count: 0 };
  reader.at = place.at;
  while (place.clock < clock) {
    struct.read(reader, run.client, place.clock);
    place.clock += struct.length;
    place.at = struct.to;
    place.count++;
    index?.note(place);
  }
  return place;
}
