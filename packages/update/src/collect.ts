import { ByteReader } from './byte-reader.ts';
import { assemble } from './concatenate.ts';
import { addRanges, normalizeRanges, type Ranges } from './delete-set.ts';
import { Orphans } from './orphans.ts';
import { findOverwritten } from './overwritten.ts';
import type { Run, ScannedUpdate } from './scan.ts';
import { Kind, Struct, StructCutter } from './struct.ts';
import { StructWriter } from './struct-writer.ts';
import { survey } from './survey.ts';

/**
 * The same state without what was deleted, as Yjs collects it for garbage (yjs 13.6: Item.js `gc`,
 * ContentType.js `gc`, GC.js): of a struct that was deleted only its place is left, which others refer to, and
 * of one whose parent was deleted only its length. Yjs makes the same document of both.
 *
 * Of two values that a key of a map was given at the same time Yjs deletes one when it integrates them. So does
 * this, and its delete set says so, though no update did.
 *
 * @param all of a log: each client begins at clock 0 and leaves no gap.
 */
export function collect(all: ScannedUpdate): ScannedUpdate {
  const { mayHaveOrphans, mayHaveRivals } = survey(all);
  const update = mayHaveRivals ? withOverwritten(all) : all;
  if (update.deletes.size === 0) return update;
  const orphans = mayHaveOrphans || update !== all ? new Orphans(update) : undefined;
  const sections = new Map<number, Run[]>();
  const deletes = new Map(update.deletes);
  for (const run of update.runs) {
    if (sections.has(run.client)) throw new TypeError('a log has no gap');
    const ranges = update.deletes.get(run.client) ?? [];
    const { collected, orphaned } = collectRun(run, ranges, orphans);
    sections.set(run.client, [collected]);
    if (orphaned.length > 0) deletes.set(run.client, addRanges([...ranges], orphaned));
  }
  return assemble(sections, deletes, update.references);
}

function withOverwritten(update: ScannedUpdate): ScannedUpdate {
  const overwritten = findOverwritten(update);
  if (overwritten.size === 0) return update;
  const deletes = new Map(update.deletes);
  for (const [client, clocks] of overwritten) {
    const ranges = clocks.flatMap((clock) => [clock, clock + 1]);
    deletes.set(client, addRanges([...(deletes.get(client) ?? [])], normalizeRanges(ranges)));
  }
  return { ...update, deletes };
}

/** @returns what is left, and which clocks count as deleted since their parent is. */
function collectRun(
  run: Run,
  deleted: Ranges,
  orphans: Orphans | undefined,
): { collected: Run; orphaned: number[] } {
  const reader = new ByteReader(run.bytes, run.from);
  const struct = new Struct();
  const writer = new StructWriter(run.client, run.clock);
  const orphaned: number[] = [];
  let next = 0; // the first range that ends behind the struct's clock
  for (let clock = run.clock; clock < run.end; clock += struct.length) {
    struct.readOf(run, reader, clock);
    const end = clock + struct.length;
    while (next < deleted.length && (deleted[next + 1] as number) <= clock) next += 2;
    const start = next < deleted.length ? (deleted[next] as number) : Infinity;
    if (struct.kind === Kind.gc) {
      writer.writeGarbage(struct.length);
    } else if (orphans?.has(run.client, clock)) {
      writer.writeGarbage(struct.length);
      orphaned.push(clock, end);
    } else if (struct.kind === Kind.deleted) {
      writer.writeDeleted(run.bytes, struct, 0, struct.length);
    } else if (start >= end) {
      writer.writeStruct(run.bytes, struct);
    } else {
      writeParts(writer, reader, struct, deleted, next);
    }
  }
  return { collected: writer.end(), orphaned };
}

/** A struct of which a part is deleted, or all. */
function writeParts(
  writer: StructWriter,
  reader: ByteReader,
  struct: Struct,
  deleted: Ranges,
  first: number,
): void {
  const { client, clock, length, to } = struct;
  const part = new Struct();
  let cutter: StructCutter | undefined;
  const live = (start: number, end: number) => {
    if (start >= end) return;
    cutter ??= new StructCutter(reader, struct);
    const bytes = cutter.part(start, end);
    part.read(new ByteReader(bytes), client, clock + start);
    writer.writeStruct(bytes, part);
  };
  let at = 0;
  for (let i = first; i < deleted.length && (deleted[i] as number) < clock + length; i += 2) {
    const start = Math.max(0, (deleted[i] as number) - clock);
    const end = Math.min(length, (deleted[i + 1] as number) - clock);
    live(at, start);
    writer.writeDeleted(reader.bytes, struct, start, end);
    at = end;
  }
  live(at, length);
  reader.at = to;
}
