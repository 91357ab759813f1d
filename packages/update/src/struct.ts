import {
  createEncoder,
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

/** Whether a struct with this info byte is text, and no value of a map. */
export function isPlainText(info: number): boolean {
  return (info & (KIND_BITS | HAS_PARENT_SUB)) === Kind.string;
}

/** Type references of yjs 13.6 (ContentType.js `typeRefs`) that carry a name. */
const XML_ELEMENT = 3;
const XML_HOOK = 5;
const LAST_TYPE = 6;

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

  /**
   * Reads the struct at the reader's position, which `client` begins at `clock`.
   * @throws UpdateError when yjs could not decode or integrate it.
   */
  read(reader: ByteReader, client: number, clock: number): void {
    this.client = client;
    this.clock = clock;
    this.originClient = this.rightOriginClient = this.parentClient = NONE;
    this.from = reader.at;
    const info = reader.uint8();
    this.kind = info & KIND_BITS;
    if (this.kind === Kind.gc || this.kind === Kind.skip) {
      if (info !== this.kind) reader.refuse(`${info} is no valid info byte`);
      this.contentFrom = reader.at;
      this.length = reader.varUint();
    } else {
      this.#readReferences(reader, info);
      this.contentFrom = reader.at;
      this.length = readContent(reader, this.kind);
    }
    this.to = reader.at;
    if (this.length === 0) reader.refuse('a struct has no length');
    if (clock + this.length > MAX_CLOCK) reader.refuse('a clock is out of range');
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
      reader.skipString();
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
 * The struct without its first `offset` clocks, as Yjs would write it (Item.js `write`): it refers
 * to the clock before as its origin, and so needs no parent. `reader` holds the bytes that `struct` was read from.
 */
export function encodeStructTail(reader: ByteReader, struct: Struct, offset: number): Uint8Array {
  const { bytes } = reader;
  const encoder = createEncoder();
  if (struct.kind === Kind.gc) {
    writeUint8(encoder, Kind.gc);
    writeVarUint(encoder, struct.length - offset);
    return toUint8Array(encoder);
  }
  const info = bytes[struct.from] as number;
  writeUint8(encoder, info | HAS_ORIGIN);
  writeVarUint(encoder, struct.client);
  writeVarUint(encoder, struct.clock + offset - 1);
  if (info & HAS_RIGHT_ORIGIN) {
    writeVarUint(encoder, struct.rightOriginClient);
    writeVarUint(encoder, struct.rightOriginClock);
  }
  reader.at = struct.contentFrom;
  switch (struct.kind) {
    case Kind.deleted:
      writeVarUint(encoder, struct.length - offset);
      break;
    case Kind.string: {
      reader.varUint();
      const cut = seekUtf16(bytes, reader.at, offset);
      // Half of a surrogate pair becomes U+FFFD, as in yjs (ContentString.js `splice`).
      const half = cut.inPair ? encodeUtf8('\ufffd') : new Uint8Array();
      writeVarUint(encoder, half.length + struct.to - cut.at);
      writeUint8Array(encoder, half);
      writeUint8Array(encoder, bytes.subarray(cut.at, struct.to));
      break;
    }
    case Kind.any:
    case Kind.json: {
      writeVarUint(encoder, reader.varUint() - offset);
      for (let left = offset; left > 0; left--) {
        if (struct.kind === Kind.any) reader.skipAny();
        else reader.skipJson(true);
      }
      writeUint8Array(encoder, bytes.subarray(reader.at, struct.to));
      break;
    }
    default:
      throw new TypeError(`a struct of kind ${struct.kind} has one clock and cannot be cut`);
  }
  reader.at = struct.to;
  return toUint8Array(encoder);
}
