import { ByteReader } from './byte-reader.ts';
import { indexOf, type Place } from './run-index.ts';
import type { Run } from './scan.ts';
import { Struct, StructCutter } from './struct.ts';

/**
 * The part of a run from clock `since` to `until`, as runs that follow each other. Only the structs
 * that these clocks fall into are sliced.
 */
export function cutRun(run: Run, since: number, until = run.end): Run[] {
  const start = Math.max(since, run.clock);
  const end = Math.min(until, run.end);
  if (start >= end) return [];
  if (start === run.clock && end === run.end) return [run];
  const struct = new Struct();
  const cut: Run[] = [];
  const first = walk(run, start, struct);
  if (first.clock > start) cut.push(slice(run, struct, start, Math.min(end, first.clock)));
  if (first.clock < end) cut.push(...cutEnd(run, first, end, struct));
  return cut;
}

/** The part of a run from a struct on, which `first` is the place of. */
function cutEnd(run: Run, first: Place, end: number, struct: Struct): Run[] {
  const { client, bytes } = run;
  const { clock, at: from } = first;
  if (end === run.end) return [{ ...run, clock, from, count: run.count - first.count }];
  const cut: Run[] = [];
  let last = walk(run, end, struct);
  if (last.clock > end) {
    cut.push(slice(run, struct, struct.clock, end));
    last = walk(run, struct.clock, struct);
  }
  const count = last.count - first.count;
  if (count > 0) {
    const [lastClock, lastFrom] = [struct.clock, struct.from];
    const part = { client, clock, end: last.clock, count, bytes, from, to: last.at };
    cut.unshift({ ...part, lastClock, lastFrom });
  }
  return cut;
}

/** The clocks from `start` to `end` of a struct of the run. */
function slice({ client, bytes }: Run, struct: Struct, start: number, end: number): Run {
  const { clock } = struct;
  const cutter = new StructCutter(new ByteReader(bytes, struct.from), struct);
  const part = cutter.part(start - clock, end - clock);
  return {
    client,
    clock: start,
    end,
    count: 1,
    bytes: part,
    from: 0,
    to: part.length,
    lastClock: start,
    lastFrom: 0,
  };
}

/** The first place in the run that is not before the clock; leaves the struct before it in `struct`. */
function walk(run: Run, clock: number, struct: Struct): Place {
  const index = indexOf(run);
  const place = index?.before(clock - 1) ?? { clock: run.clock, at: run.from, count: 0 };
  const reader = new ByteReader(run.bytes, place.at);
  while (place.clock < clock) {
    struct.readOf(run, reader, place.clock);
    place.clock += struct.length;
    place.at = struct.to;
    place.count++;
    index?.note(place);
  }
  return place;
}
