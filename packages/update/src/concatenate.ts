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
import { joinText } from './join-text.ts';
import type { Content, Run, ScannedUpdate } from './scan.ts';
import { EMPTY_STATE_VECTOR, type StateVector } from './state-vector.ts';

/** Runs by client, each client's in ascending order without a gap: what one update can hold. */
export type Sections = Map<number, Run[]>;

/**
 * One update that says what all of them say, without decoding a struct that need not be cut or joined: in
 * format v1 a struct depends on its neighbours only by the running clock. Text that was typed in a
 * row becomes one struct; see {@link joinText}.
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
  const pieces: Sections[] = [new Map()];
  for (const [client, runs] of byClient) {
    let next = since.get(client) ?? 0;
    let piece = -1;
    let section: Run[] = [];
    for (const run of runs.sort((a, b) => a.clock - b.clock)) {
      if (run.end <= next) continue;
      if (piece < 0 || run.clock > next) {
        piece++;
        section = [];
        pieces[piece] ??= new Map();
        pieces[piece]?.set(client, section);
      }
      if (run.clock >= next) section.push(run);
      else section.push(...cutRun(run, next));
      next = run.end;
    }
  }
  const deletes = mergeDeleteSets(contents.map((content) => content.deletes));
  const references = mergeReferences(contents.map((content) => content.references));
  const [first, ...rest] = pieces as [Sections, ...Sections[]];
  return [
    assemble(first, deletes, references),
    ...rest.map((sections) => assemble(sections, EMPTY_DELETE_SET, references)),
  ];
}

/** The bytes of a content whose runs leave no gap. */
export function encode(content: Content): Uint8Array {
  if ('bytes' in content) return (content as ScannedUpdate).bytes;
  const [update, ...rest] = concatenate([content]);
  if (rest.length > 0) throw new TypeError('a content with a gap does not fit into one update');
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
  for (const [client, pieces] of [...sections].sort(([a], [b]) => b - a)) {
    const runs = joinText(pieces);
    const clock = (runs[0] as Run).clock;
    const end = (runs.at(-1) as Run).end;
    const count = runs.reduce((sum, run) => sum + run.count, 0);
    writeVarUint(encoder, count);
    writeVarUint(encoder, client);
    writeVarUint(encoder, clock);
    const from = length(encoder);
    for (const run of runs) writeUint8Array(encoder, run.bytes.subarray(run.from, run.to));
    written.push({ client, clock, end, count, from, to: length(encoder) });
  }
  writeDeleteSet(encoder, deletes);
  const bytes = toUint8Array(encoder);
  // Of the same shape as those of a scan, which V8 has faster code for.
  const runs = written.map(({ client, clock, end, count, from, to }): Run => {
    return { client, clock, end, count, bytes, from, to };
  });
  return { bytes, runs, deletes, references };
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
