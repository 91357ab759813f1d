import { createEncoder, toUint8Array, writeUint8Array, writeVarUint } from 'lib0/encoding';
import { ByteReader } from './byte-reader.ts';
import type { Run } from './scan.ts';
import { isPlainText, Struct } from './struct.ts';

/**
 * The same runs, with text that was typed letter by letter as one struct. Yjs says it like that too,
 * once it has integrated the letters, and takes it apart again where somebody else wrote or deleted in
 * between (Item.js `mergeWith`, `splitItem`): a letter that has the one before as its origin, and
 * the same right origin, is what splitting the joined text gives.
 *
 * Only runs of one struct are looked at; that is what typing sends.
 *
 * @param runs of one client, each beginning where the one before ends.
 */
export function joinText(runs: readonly Run[]): readonly Run[] {
  if (runs.length === 1) return runs;
  const joined: Run[] = [];
  const struct = new Struct();
  let text: Text | undefined;
  for (const run of runs) {
    if (run.count === 1 && isPlainText(run.bytes[run.from] as number)) {
      const reader = new ByteReader(run.bytes, run.from);
      struct.read(reader, run.client, run.clock);
      reader.at = struct.contentFrom;
      const size = reader.varUint();
      if (text?.isFollowedBy(struct)) {
        text.add(run, reader.at, size);
        continue;
      }
      if (text !== undefined) joined.push(text.run);
      text = new Text(run, struct, reader.at, size);
    } else {
      if (text !== undefined) joined.push(text.run);
      text = undefined;
      joined.push(run);
    }
  }
  if (text !== undefined) joined.push(text.run);
  return joined;
}

/** A struct of text that grows. */
class Text {
  readonly #first: Run;
  readonly #contentFrom: number;
  readonly #rightOriginClient: number;
  readonly #rightOriginClock: number;
  readonly #parts: Uint8Array[];
  #size: number;
  #end: number;

  /** @param from where the text begins in the run's bytes, behind its size. */
  constructor(run: Run, struct: Struct, from: number, size: number) {
    this.#first = run;
    this.#contentFrom = struct.contentFrom;
    this.#rightOriginClient = struct.rightOriginClient;
    this.#rightOriginClock = struct.rightOriginClock;
    this.#parts = [run.bytes.subarray(from, from + size)];
    this.#size = size;
    this.#end = run.end;
  }

  isFollowedBy(next: Struct): boolean {
    return (
      next.originClient === next.client &&
      next.originClock === this.#end - 1 &&
      next.rightOriginClient === this.#rightOriginClient &&
      (next.rightOriginClient < 0 || next.rightOriginClock === this.#rightOriginClock)
    );
  }

  add(run: Run, from: number, size: number): void {
    this.#parts.push(run.bytes.subarray(from, from + size));
    this.#size += size;
    this.#end = run.end;
  }

  get run(): Run {
    const first = this.#first;
    if (this.#parts.length === 1) return first;
    const encoder = createEncoder();
    writeUint8Array(encoder, first.bytes.subarray(first.from, this.#contentFrom));
    writeVarUint(encoder, this.#size);
    for (const part of this.#parts) writeUint8Array(encoder, part);
    const bytes = toUint8Array(encoder);
    const { client, clock } = first;
    return { client, clock, end: this.#end, count: 1, bytes, from: 0, to: bytes.length };
  }
}
