import {
  createEncoder,
  toUint8Array,
  writeUint8,
  writeUint8Array,
  writeVarUint,
} from 'lib0/encoding';
import { ByteReader } from './byte-reader.ts';
import { assemble } from './concatenate.ts';
import { addRanges, normalizeRanges, type Ranges } from './delete-set.ts';
import { Orphans } from './orphans.ts';
import { findOverwritten } from './overwritten.ts';
import type { Run, ScannedUpdate } from './scan.ts';
import { Kind, Struct, StructCutter, writeHead } from './struct.ts';
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
  const writer = new Writer(run.bytes);
  const orphaned: number[] = [];
  let next = 0; // the first range that ends behind the struct's clock
  for (let clock = run.clock; clock < run.end; clock += struct.length) {
    struct.read(reader, run.client, clock);
    const end = clock + struct.length;
    while (next < deleted.length && (deleted[next + 1] as number) <= clock) next += 2;
    const start = next < deleted.length ? (deleted[next] as number) : Infinity;
    if (struct.kind === Kind.gc) {
      writer.garbage(struct.length);
    } else if (orphans?.has(run.client, clock)) {
      writer.garbage(struct.length);
      orphaned.push(clock, end);
    } else if (struct.kind === Kind.deleted) {
      writer.place(struct, 0, struct.length);
    } else if (start >= end) {
      writer.keep(struct);
    } else {
      writeParts(writer, reader, struct, deleted, next);
    }
  }
  return { collected: writer.run(run), orphaned };
}

/** A struct of which a part is deleted, or all. */
function writeParts(
  writer: Writer,
  reader: ByteReader,
  struct: Struct,
  deleted: Ranges,
  first: number,
): void {
  const { clock, length, to } = struct;
  let cutter: StructCutter | undefined;
  const live = (start: number, end: number) => {
    if (start >= end) return;
    cutter ??= new StructCutter(reader, struct);
    writer.part(cutter.part(start, end));
  };
  let at = 0;
  for (let i = first; i < deleted.length && (deleted[i] as number) < clock + length; i += 2) {
    const start = Math.max(0, (deleted[i] as number) - clock);
    const end = Math.min(length, (deleted[i + 1] as number) - clock);
    live(at, start);
    writer.place(struct, start, end);
    at = end;
  }
  live(at, length);
  reader.at = to;
}

/** Writes a client's structs. What follows each other and is gone becomes one. */
class Writer {
  readonly #bytes: Uint8Array;
  readonly #encoder = createEncoder();
  #count = 0;
  /** What is written at last as it stands in the bytes: from, to. */
  #keptFrom = 0;
  #keptTo = 0;
  /** The length of the garbage that is written at last. */
  #garbage = 0;
  /** Of a deleted struct whose length is written at last: where it ends, and what was behind it. */
  #placeLength = 0;
  #placeEnd = 0;
  #rightClient = 0;
  #rightClock = 0;

  /** @param bytes that structs which are kept stand in. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A struct as it is. */
  keep({ from, to }: Struct): void {
    if (this.#keptTo !== from || this.#keptTo === this.#keptFrom) {
      this.#flush();
      this.#keptFrom = from;
    }
    this.#keptTo = to;
    this.#count++;
  }

  /** A part of one. */
  part(bytes: Uint8Array): void {
    this.#flush();
    writeUint8Array(this.#encoder, bytes);
    this.#count++;
  }

  garbage(length: number): void {
    if (this.#garbage === 0) {
      this.#flush();
      this.#count++;
    }
    this.#garbage += length;
  }

  /** The clocks from `start` to `end` of a struct, without content. */
  place(struct: Struct, start: number, end: number): void {
    const { client, clock, rightOriginClient, rightOriginClock } = struct;
    const isNext =
      this.#placeLength > 0 &&
      this.#placeEnd === clock + start &&
      (start > 0 || (struct.originClient === client && struct.originClock === clock - 1)) &&
      this.#rightClient === rightOriginClient &&
      (rightOriginClient < 0 || this.#rightClock === rightOriginClock);
    if (!isNext) {
      this.#flush();
      writeHead(this.#encoder, this.#bytes, struct, Kind.deleted, start);
      this.#count++;
      this.#rightClient = rightOriginClient;
      this.#rightClock = rightOriginClock;
    }
    this.#placeLength += end - start;
    this.#placeEnd = clock + end;
  }

  run({ client, clock, end }: Run): Run {
    this.#flush();
    const bytes = toUint8Array(this.#encoder);
    return { client, clock, end, count: this.#count, bytes, from: 0, to: bytes.length };
  }

  #flush(): void {
    if (this.#keptTo > this.#keptFrom) {
      writeUint8Array(this.#encoder, this.#bytes.subarray(this.#keptFrom, this.#keptTo));
      this.#keptTo = this.#keptFrom = 0;
    }
    if (this.#garbage > 0) {
      writeUint8(this.#encoder, Kind.gc);
      writeVarUint(this.#encoder, this.#garbage);
      this.#garbage = 0;
    }
    if (this.#placeLength > 0) {
      writeVarUint(this.#encoder, this.#placeLength);
      this.#placeLength = 0;
    }
  }
}
