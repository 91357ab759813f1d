import {
  createEncoder,
  type Encoder,
  length,
  toUint8Array,
  writeUint8Array,
  writeVarUint,
} from 'lib0/encoding';
import { cutRun } from './cut.ts';
import { type DeleteSet, EMPTY_DELETE_SET, mergeDeleteSets } from './delete-set.ts';
import type { Content, Run, ScannedUpdate } from './scan.ts';
import { EMPTY_STATE_VECTOR, type StateVector } from './state-vector.ts';
import { StructWriter } from './struct-writer.ts';

/** Runs by client, each client's in ascending order without a gap: what one update can hold. */
export type Sections = Map<number, Run[]>;

/**
 * One update that says what all of them say, without decoding a struct that need not be cut or
 * joined: in format v1 a struct depends on its neighbours only by the running clock. Structs that were
 * written in a row become one; see {@link StructWriter}.
 *
 * Where two contents have the same clock of a client, the one that comes first wins.
 *
 * Where the clocks of a client leave a gap, what comes after it follows in a further update, so
 * that no Skip is ever written; the first update has all deletions. Never empty.
 *
 * @param since leaves out the structs that a reader with this state vector has. The delete set
 *   stays whole, as Yjs does it: a state vector does not tell which deletions a reader knows.
 */
export function concatenate(
  contents: readonly Content[],
  since: StateVector = EMPTY_STATE_VECTOR,
): [ScannedUpdate, ...ScannedUpdate[]] {
  const byClient = new Map<number, Run[]>();
  for (const { runs } of contents) {
    for (const run of runs) {
      const known = byClient.get(run.client);
      if (known === undefined) byClient.set(run.client, [run]);
      else known.push(run);
    }
  }
  const pieces: [Sections, ...Sections[]] = [new Map()];
  for (const [client, runs] of byClient) {
    for (const [index, section] of withoutGaps(lay(runs, since.get(client) ?? 0)).entries()) {
      const sections = pieces[index] ?? new Map<number, Run[]>();
      pieces[index] = sections;
      sections.set(client, section);
    }
  }
  const deletes = mergeDeleteSets(contents.map((content) => content.deletes));
  const references = mergeReferences(contents.map((content) => content.references));
  const [first, ...rest] = pieces;
  return [
    assemble(first, deletes, references),
    ...rest.map((sections) => assemble(sections, EMPTY_DELETE_SET, references)),
  ];
}

/**
 * The clocks of a client from `since` on that the runs have, in ascending order and none twice: a run
 * loses what those before it in the list have.
 */
function lay(runs: readonly Run[], since: number): Run[] {
  const laid: Run[] = [];
  for (const run of runs) {
    let from = Math.max(since, run.clock);
    let index = firstEndingAfter(laid, from);
    while (from < run.end) {
      const next = laid[index];
      const parts = cutRun(run, from, Math.min(run.end, next?.clock ?? Infinity));
      laid.splice(index, 0, ...parts);
      if (next === undefined) break;
      index += parts.length + 1;
      from = Math.max(from, next.end);
    }
  }
  return laid;
}

/** The index of the first run that ends after the clock, usually behind the last. */
function firstEndingAfter(runs: readonly Run[], clock: number): number {
  let low = (runs.at(-1)?.end ?? 0) <= clock ? runs.length : 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle] as Run).end > clock) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Runs in ascending order, divided where clocks are missing. */
function withoutGaps(runs: readonly Run[]): Run[][] {
  const sections: Run[][] = [];
  let end = -1;
  for (const run of runs) {
    if (run.clock === end) sections.at(-1)?.push(run);
    else sections.push([run]);
    end = run.end;
  }
  return sections;
}

/**
 * The same where no gap is expected, as in a log, or in what a reader lacks of one.
 * @returns undefined when there is one: nothing is left out without a word.
 */
export function join(
  contents: readonly Content[],
  since: StateVector = EMPTY_STATE_VECTOR,
): ScannedUpdate | undefined {
  const [update, ...behindGap] = concatenate(contents, since);
  return behindGap.length === 0 ? update : undefined;
}

/** The bytes of a content whose runs leave no gap. */
export function encode(content: Content): Uint8Array {
  if ('bytes' in content) return (content as ScannedUpdate).bytes;
  const update = join([content]);
  if (update === undefined)
    throw new TypeError('a content with a gap does not fit into one update');
  return update.bytes;
}

/** Writes an update: clients in descending order, as Yjs does; other orders make it slow. */
export function assemble(
  sections: Sections,
  deletes: DeleteSet,
  references: StateVector,
): ScannedUpdate {
  const encoder = createEncoder();
  const written: Omit<Run, 'bytes'>[] = [];
  writeVarUint(encoder, sections.size);
  for (const [client, runs] of [...sections].sort(([a], [b]) => b - a)) {
    const section = encodeSection(runs);
    const { bytes, clock, end, count, lastClock } = section;
    writeVarUint(encoder, count);
    writeVarUint(encoder, client);
    writeVarUint(encoder, clock);
    const from = length(encoder);
    writeUint8Array(encoder, bytes.subarray(section.from, section.to));
    const lastFrom = section.lastFrom - section.from + from;
    written.push({ client, clock, end, count, from, to: length(encoder), lastClock, lastFrom });
  }
  writeDeleteSet(encoder, deletes);
  const bytes = toUint8Array(encoder);
  // Of the same shape as those of a scan, which V8 has faster code for.
  const runs = written.map(({ client, clock, end, count, from, to, lastClock, lastFrom }): Run => {
    return { client, clock, end, count, bytes, from, to, lastClock, lastFrom };
  });
  return { bytes, runs, deletes, references };
}

/** Runs that follow each other, as one. */
function encodeSection(runs: readonly Run[]): Run {
  const [first] = runs as [Run, ...Run[]];
  if (runs.length === 1) return first;
  const writer = new StructWriter(first.client, first.clock);
  for (const run of runs) writer.writeRun(run);
  return writer.end();
}

function writeDeleteSet(encoder: Encoder, deletes: DeleteSet): void {
  writeVarUint(encoder, deletes.size);
  for (const [client, ranges] of [...deletes].sort(([a], [b]) => b - a)) {
    writeVarUint(encoder, client);
    writeVarUint(encoder, ranges.length / 2);
    for (let i = 0; i < ranges.length; i += 2) {
      const start = ranges[i] as number;
      writeVarUint(encoder, start);
      writeVarUint(encoder, (ranges[i + 1] as number) - start);
    }
  }
}

function mergeReferences(all: readonly StateVector[]): StateVector {
  const filled = all.filter((references) => references.size > 0);
  if (filled.length <= 1) return filled[0] ?? EMPTY_STATE_VECTOR;
  const highest = new Map(filled[0]);
  for (const references of filled.slice(1)) {
    for (const [client, clock] of references) {
      if ((highest.get(client) ?? -1) < clock) highest.set(client, clock);
    }
  }
  return highest;
}
