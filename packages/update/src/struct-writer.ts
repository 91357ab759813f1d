import {
  createEncoder,
  length,
  toUint8Array,
  writeUint8,
  writeUint8Array,
  writeVarUint,
} from 'lib0/encoding';
import { ByteReader } from './byte-reader.ts';
import type { Run } from './scan.ts';
import { isMapValue, Kind, Struct, writeHead } from './struct.ts';

/** A struct whose head is written, and whose content may go on. */
interface Growing {
  readonly kind: number;
  /** What the content consists of: text or values. */
  readonly parts: Uint8Array[];
  /** What stands before that: the size of a text in bytes, or how many values or clocks there are. */
  total: number;
}

/**
 * Writes the structs of one client, each beginning where the one before ends. Structs that Yjs would merge become one,
 * so that readers need not do it: for the values of a long list Yjs takes quadratic time.
 *
 * Yjs merges structs of one kind that were written in a row (yjs 13.6: Item.js `mergeWith`, GC.js), and takes them
 * apart again where somebody else wrote or deleted in between (Item.js `splitItem`): a struct that has the clock before
 * it as its origin, and the same right origin as the struct there, is what splitting the merged struct gives.
 */
export class StructWriter {
  readonly #client: number;
  readonly #clock: number;
  readonly #encoder = createEncoder();
  #end: number;
  #count = 0;
  /** Of the last struct whose head is written: its clock, and where it begins in the encoder. */
  #lastClock = 0;
  #lastFrom = 0;
  /** What is to be copied as it is: the bytes from `copyFrom` to `copyTo`. */
  #bytes: Uint8Array = new Uint8Array();
  #copyFrom = 0;
  #copyTo = 0;
  /** The last struct of these bytes, or of those that are growing. */
  readonly #last = new Struct();
  /** The run whose last struct that is, as long as no more than its clock and place are known. */
  #unread: Run | undefined;
  #lastIsMap = false;
  readonly #next = new Struct();
  #growing: Growing | undefined;

  /** @param clock that the first struct begins at. */
  constructor(client: number, clock: number) {
    this.#client = client;
    this.#clock = this.#end = clock;
  }

  writeRun(run: Run): void {
    const { bytes } = run;
    this.#end = run.end;
    const next = this.#next;
    let left = run.count;
    let at = run.from;
    if (this.#count > 0) {
      next.readOf(run, new ByteReader(bytes, at), run.clock);
      if (this.#isContinuedBy(bytes, next)) {
        this.#grow(bytes, next);
        at = next.to;
        left--;
      }
    }
    if (left === 0) return;
    this.#copy(bytes, at, run.to);
    this.#count += left;
    this.#last.clock = run.lastClock;
    this.#last.from = run.lastFrom;
    this.#unread = run;
  }

  /** @param bytes that the struct was read from. */
  writeStruct(bytes: Uint8Array, struct: Struct): void {
    this.#end += struct.length;
    if (this.#isContinuedBy(bytes, struct)) {
      this.#grow(bytes, struct);
      return;
    }
    this.#copy(bytes, struct.from, struct.to);
    this.#count++;
    this.#last.copy(struct);
    this.#lastIsMap = isMapValue(bytes, struct);
    this.#unread = undefined;
  }

  /** Garbage of so many clocks. */
  writeGarbage(clocks: number): void {
    if (this.#growing?.kind !== Kind.gc) {
      this.#flush();
      this.#open(Kind.gc, this.#end);
      writeUint8(this.#encoder, Kind.gc);
    }
    (this.#growing as Growing).total += clocks;
    this.#end += clocks;
  }

  /** The clocks of a struct from the offset `start` to `end`, without content. */
  writeDeleted(bytes: Uint8Array, struct: Struct, start: number, end: number): void {
    const isMap = isMapValue(bytes, struct);
    const isNext = start > 0 || isBehindItself(struct);
    if (
      this.#growing?.kind !== Kind.deleted ||
      this.#lastIsMap !== isMap ||
      !isNext ||
      !hasSameRight(this.#last, struct)
    ) {
      this.#flush();
      this.#open(Kind.deleted, struct.clock + start);
      writeHead(this.#encoder, bytes, struct, Kind.deleted, start);
      this.#last.copy(struct);
      this.#last.kind = Kind.deleted;
      this.#lastIsMap = isMap;
      this.#unread = undefined;
    }
    (this.#growing as Growing).total += end - start;
    this.#end += end - start;
  }

  /** All that was written. */
  end(): Run {
    this.#flush();
    const bytes = toUint8Array(this.#encoder);
    return {
      client: this.#client,
      clock: this.#clock,
      end: this.#end,
      count: this.#count,
      bytes,
      from: 0,
      to: bytes.length,
      lastClock: this.#lastClock,
      lastFrom: this.#lastFrom,
    };
  }

  #isContinuedBy(bytes: Uint8Array, struct: Struct): boolean {
    if (this.#count === 0) return false;
    this.#readLast();
    if (struct.kind !== this.#last.kind) return false;
    switch (struct.kind) {
      case Kind.gc:
        return true;
      case Kind.deleted:
      case Kind.string:
      case Kind.any:
      case Kind.json: {
        const isMap = isMapValue(bytes, struct);
        // Each value of a map stands for itself, as long as it is not deleted.
        if (isMap !== this.#lastIsMap || (isMap && struct.kind !== Kind.deleted)) return false;
        return isBehindItself(struct) && hasSameRight(this.#last, struct);
      }
      default:
        return false;
    }
  }

  #readLast(): void {
    if (this.#unread === undefined) return;
    const { bytes, lastFrom, lastClock } = this.#unread;
    this.#last.readOf(this.#unread, new ByteReader(bytes, lastFrom), lastClock);
    this.#lastIsMap = isMapValue(bytes, this.#last);
    this.#unread = undefined;
  }

  #grow(bytes: Uint8Array, struct: Struct): void {
    if (this.#growing === undefined) {
      const { kind, clock, from, contentFrom } = this.#last;
      const lastBytes = this.#bytes;
      this.#copyTo = from;
      this.#flush();
      this.#open(kind, clock);
      this.#count--; // it was counted already
      writeUint8Array(this.#encoder, lastBytes.subarray(from, contentFrom));
      this.#addContent(lastBytes, this.#last);
    }
    this.#addContent(bytes, struct);
  }

  #addContent(bytes: Uint8Array, { kind, length: clocks, contentFrom, to }: Struct): void {
    const growing = this.#growing as Growing;
    if (kind === Kind.gc || kind === Kind.deleted) {
      growing.total += clocks;
      return;
    }
    const reader = new ByteReader(bytes, contentFrom);
    const announced = reader.varUint(); // bytes of a text, or values
    growing.total += announced;
    growing.parts.push(bytes.subarray(reader.at, to));
  }

  /** A struct begins whose head is written next. */
  #open(kind: number, clock: number): void {
    this.#growing = { kind, parts: [], total: 0 };
    this.#count++;
    this.#lastClock = clock;
    this.#lastFrom = length(this.#encoder);
  }

  #copy(bytes: Uint8Array, from: number, to: number): void {
    if (this.#growing !== undefined || bytes !== this.#bytes || from !== this.#copyTo) {
      this.#flush();
      this.#bytes = bytes;
      this.#copyFrom = from;
    }
    this.#copyTo = to;
  }

  #flush(): void {
    const encoder = this.#encoder;
    if (this.#growing !== undefined) {
      writeVarUint(encoder, this.#growing.total);
      for (const part of this.#growing.parts) writeUint8Array(encoder, part);
      this.#growing = undefined;
    } else if (this.#copyTo > this.#copyFrom) {
      this.#lastClock = this.#last.clock;
      this.#lastFrom = length(encoder) + this.#last.from - this.#copyFrom;
      writeUint8Array(encoder, this.#bytes.subarray(this.#copyFrom, this.#copyTo));
    }
    this.#copyFrom = this.#copyTo = 0;
  }
}

/** Whether the origin of a struct is the clock before it. */
function isBehindItself({ client, clock, originClient, originClock }: Struct): boolean {
  return originClient === client && originClock === clock - 1;
}

function hasSameRight(a: Struct, b: Struct): boolean {
  if (a.rightOriginClient !== b.rightOriginClient) return false;
  return a.rightOriginClient < 0 || a.rightOriginClock === b.rightOriginClock;
}
