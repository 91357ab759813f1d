import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeUint8,
  writeUint8Array,
  writeVarUint,
} from 'lib0/encoding';
import { encodeUtf8 } from 'lib0/string';
import type { ByteReader } from './byte-reader.ts';
import { MAX_CLOCK } from './state-vector.ts';
import { seekUtf16 } from './utf8.ts';

/**
 * The kinds of struct: the low five bits of a struct's info byte
 * (yjs 13.6: Item.js `contentRefs`, GC.js, Skip.js).
 */
export const Kind = {
  gc: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  document: 9,
  skip: 10,
} as const;

const KIND_BITS = 0x1f;
const HAS_PARENT_SUB = 0x20;
const HAS_RIGHT_ORIGIN = 0x40;
const HAS_ORIGIN = 0x80;

/** What a surrogate pair takes in UTF-8. */
const PAIR_BYTES = 4;

/** Whether a struct is a value of a map, or what is left of one. */
export function isMapValue(bytes: Uint8Array, { from, kind }: Struct): boolean {
  return kind !== Kind.gc && ((bytes[from] as number) & HAS_PARENT_SUB) !== 0;
}

/** Says in the bytes of a struct with an origin that it is a value of a map; nothing else in them changes. */
export function flagMapValue(bytes: Uint8Array, { from }: Struct): void {
  bytes[from] = (bytes[from] as number) | HAS_PARENT_SUB;
}

/** Type references of yjs 13.6 (ContentType.js `typeRefs`) that carry a name. */
const XML_ELEMENT = 3;
const XML_HOOK = 5;
const LAST_TYPE = 6;

/** What {@link Struct.readOf} knows of a run. */
interface ScannedRun {
  readonly client: number;
  readonly end: number;
  readonly lastFrom: number;
  readonly to: number;
}

/** No id: a struct without this reference. */
const NONE = -1;

/**
 * One struct of an update. Reading fills the same object again and again, so a scan allocates
 * nothing per struct.
 */
export class Struct {
  client = 0;
  clock = 0;
  /** How many clocks it takes; at least 1. */
  length = 0;
  kind = 0;
  /** Its first byte, the first byte of its content (behind parent and origins), the byte behind it. */
  from = 0;
  contentFrom = 0;
  to = 0;
  /** Ids that it refers to; the client is -1 where there is none. */
  originClient = NONE;
  originClock = NONE;
  rightOriginClient = NONE;
  rightOriginClock = NONE;
  parentClient = NONE;
  parentClock = NONE;
  /** The name of the root type that it is in, as bytes; both are 0 where it names none. */
  rootFrom = 0;
  rootTo = 0;

  /**
   * Reads the struct at the reader's position, which `client` begins at `clock`.
   * @throws UpdateError when yjs could not decode or integrate it.
   */
  read(reader: ByteReader, client: number, clock: number): void {
    this.#readHead(reader, client, clock);
    this.length = readContent(reader, this.kind);
    this.to = reader.at;
    if (this.length === 0) reader.refuse('a struct has no length');
    if (clock + this.length > MAX_CLOCK) reader.refuse('a clock is out of range');
  }

  /**
   * Reads a struct of a run, which was scanned. The content of the last one is not looked at again: often it is the only
   * one, and can be long.
   */
  readOf({ client, end, lastFrom, to }: ScannedRun, reader: ByteReader, clock: number): void {
    if (reader.at !== lastFrom) {
      this.read(reader, client, clock);
      return;
    }
    this.#readHead(reader, client, clock);
    this.length = end - clock;
    this.to = reader.at = to;
  }

  /** Becomes the same struct as another one. */
  copy(other: Struct): void {
    this.client = other.client;
    this.clock = other.clock;
    this.length = other.length;
    this.kind = other.kind;
    this.from = other.from;
    this.contentFrom = other.contentFrom;
    this.to = other.to;
    this.originClient = other.originClient;
    this.originClock = other.originClock;
    this.rightOriginClient = other.rightOriginClient;
    this.rightOriginClock = other.rightOriginClock;
    this.parentClient = other.parentClient;
    this.parentClock = other.parentClock;
    this.rootFrom = other.rootFrom;
    this.rootTo = other.rootTo;
  }

  #readHead(reader: ByteReader, client: number, clock: number): void {
    this.client = client;
    this.clock = clock;
    this.originClient = this.rightOriginClient = this.parentClient = NONE;
    this.rootFrom = this.rootTo = 0;
    this.from = reader.at;
    const info = reader.uint8();
    this.kind = info & KIND_BITS;
    if (this.kind !== Kind.gc && this.kind !== Kind.skip) this.#readReferences(reader, info);
    else if (info !== this.kind) reader.refuse(`${info} is no valid info byte`);
    this.contentFrom = reader.at;
  }

  #readReferences(reader: ByteReader, info: number): void {
    if (info & HAS_ORIGIN) {
      this.originClient = reader.varUint();
      this.originClock = this.#readReferredClock(reader, this.originClient);
    }
    if (info & HAS_RIGHT_ORIGIN) {
      this.rightOriginClient = reader.varUint();
      this.rightOriginClock = this.#readReferredClock(reader, this.rightOriginClient);
    }
    if (info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) return; // the parent is that of the neighbour
    const named = reader.varUint();
    if (named > 1) reader.refuse(`${named} is no kind of parent`);
    if (named === 1) {
      this.rootFrom = reader.at;
      reader.skipString();
      this.rootTo = reader.at;
    } else {
      this.parentClient = reader.varUint();
      this.parentClock = this.#readReferredClock(reader, this.parentClient);
    }
    if (info & HAS_PARENT_SUB) reader.skipString();
  }

  #readReferredClock(reader: ByteReader, client: number): number {
    const clock = reader.varUint();
    if (clock > MAX_CLOCK) reader.refuse('a clock is out of range');
    if (client === this.client && clock >= this.clock) {
      reader.refuse('a struct refers to itself or to what comes after it');
    }
    return clock;
  }
}

/** Reads over a content; returns how many clocks it takes. */
function readContent(reader: ByteReader, kind: number): number {
  switch (kind) {
    case Kind.gc:
    case Kind.skip:
    case Kind.deleted:
      return reader.varUint();
    case Kind.string:
      return reader.skipString();
    case Kind.any: {
      const count = reader.count(1);
      for (let left = count; left > 0; left--) reader.skipAny();
      return count;
    }
    case Kind.json: {
      const count = reader.count(1);
      for (let left = count; left > 0; left--) reader.skipJson(true);
      return count;
    }
    case Kind.binary:
      reader.skip(reader.varUint());
      return 1;
    case Kind.embed:
      reader.skipJson();
      return 1;
    case Kind.format:
      reader.skipString();
      reader.skipJson();
      return 1;
    case Kind.type: {
      const type = reader.varUint();
      if (type > LAST_TYPE) reader.refuse(`${type} is no shared type`);
      if (type === XML_ELEMENT || type === XML_HOOK) reader.skipString();
      return 1;
    }
    case Kind.document:
      reader.skipString();
      reader.skipOptions();
      return 1;
    default:
      return reader.refuse(`${kind} is no kind of struct`);
  }
}

/**
 * Writes what stands before the content of a struct, or of the rest of it from an offset on, as Yjs
 * would once it has split it (Item.js `splitItem`, `write`): the rest refers to the clock before as its origin, and so
 * needs no parent. `bytes` are those that `struct` was read from.
 */
export function writeHead(
  encoder: Encoder,
  bytes: Uint8Array,
  struct: Struct,
  kind: number,
  offset: number,
): void {
  const info = bytes[struct.from] as number;
  const newInfo = (info & ~KIND_BITS) | kind;
  if (offset === 0) {
    writeUint8(encoder, newInfo);
    writeUint8Array(encoder, bytes.subarray(struct.from + 1, struct.contentFrom));
    return;
  }
  writeUint8(encoder, newInfo | HAS_ORIGIN);
  writeVarUint(encoder, struct.client);
  writeVarUint(encoder, struct.clock + offset - 1);
  if (info & HAS_RIGHT_ORIGIN) {
    writeVarUint(encoder, struct.rightOriginClient);
    writeVarUint(encoder, struct.rightOriginClock);
  }
}

/** Half of a surrogate pair becomes U+FFFD, as in yjs (ContentString.js `splice`). */
const HALF = encodeUtf8('\ufffd');

/** Cuts parts out of a struct, one behind the other. Takes time linear in the struct for all of them. */
export class StructCutter {
  readonly #reader: ByteReader;
  readonly #struct: Struct;
  /** Where the content from this offset on begins, and whether that is behind a pair that it cuts in two. */
  #offset = 0;
  #at: number;
  #inPair = false;

  /** @param reader holds the bytes that `struct` was read from. It is moved. */
  constructor(reader: ByteReader, struct: Struct) {
    this.#reader = reader;
    this.#struct = struct;
    reader.at = struct.contentFrom;
    const hasCount =
      struct.kind === Kind.string || struct.kind === Kind.any || struct.kind === Kind.json;
    if (hasCount) reader.varUint();
    this.#at = reader.at;
  }

  /** The clocks from `start` to `end`, as a struct; `start` is not before the `end` of the last part. */
  part(start: number, end: number): Uint8Array {
    const struct = this.#struct;
    const { kind } = struct;
    const encoder = createEncoder();
    if (kind === Kind.gc) {
      writeUint8(encoder, Kind.gc);
      writeVarUint(encoder, end - start);
      return toUint8Array(encoder);
    }
    writeHead(encoder, this.#reader.bytes, struct, kind, start);
    switch (kind) {
      case Kind.deleted:
        writeVarUint(encoder, end - start);
        break;
      case Kind.string:
        this.#writeText(encoder, start, end);
        break;
      case Kind.any:
      case Kind.json: {
        this.#skipValues(start);
        const from = this.#at;
        this.#skipValues(end);
        writeVarUint(encoder, end - start);
        writeUint8Array(encoder, this.#reader.bytes.subarray(from, this.#at));
        break;
      }
      default:
        throw new TypeError(`a struct of kind ${kind} has one clock and cannot be cut`);
    }
    return toUint8Array(encoder);
  }

  #writeText(encoder: Encoder, start: number, end: number): void {
    const { bytes } = this.#reader;
    this.#seek(start);
    const from = this.#at;
    const before = this.#inPair ? HALF : new Uint8Array();
    this.#seek(end);
    const after = this.#inPair && end > start ? HALF : new Uint8Array();
    const to = this.#inPair ? this.#at - PAIR_BYTES : this.#at;
    writeVarUint(encoder, before.length + to - from + after.length);
    writeUint8Array(encoder, before);
    writeUint8Array(encoder, bytes.subarray(from, to));
    writeUint8Array(encoder, after);
  }

  #seek(offset: number): void {
    if (offset === this.#offset) return;
    // Behind a pair whose first half comes before.
    const known = this.#inPair ? this.#offset + 1 : this.#offset;
    const { at, inPair } = seekUtf16(this.#reader.bytes, this.#at, offset - known);
    this.#at = at;
    this.#inPair = inPair;
    this.#offset = offset;
  }

  #skipValues(offset: number): void {
    this.#reader.at = this.#at;
    for (; this.#offset < offset; this.#offset++) {
      if (this.#struct.kind === Kind.any) this.#reader.skipAny();
      else this.#reader.skipJson(true);
    }
    this.#at = this.#reader.at;
  }
}
