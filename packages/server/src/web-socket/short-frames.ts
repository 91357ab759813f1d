import { Duplex } from 'node:stream';
import { type ReadingTurns, SLICE_MS } from '../reading-turns.ts';

/** Longer frames are left to ws, which takes the mask off them faster. */
const SHORT_BYTES = 1_024;

// The first two bytes of a frame (RFC 6455, 5.2).
const FIN = 0x80;
const OPCODE = 0x0f;
const FIN_BINARY = 0x82;
const CONTROL = 0x08;
const MASKED = 0x80;
const LENGTH = 0x7f;
const LENGTH_16_BIT = 126;
const LENGTH_64_BIT = 127;

const MASK_BYTES = 4;
const MAX_HEADER_BYTES = 14;

/** So many frames are given to ws before it is looked whether the slice is over. */
const FRAMES_AT_ONCE = 16;

/**
 * The socket as ws sees it: without short binary messages that come whole and in one chunk, which are nearly all that
 * clients send. Those are handed over at once; all else goes to ws, which also refuses what is not allowed.
 *
 * What comes is read in slices: a socket that brings more is not read meanwhile, and its frames keep their order. While
 * it is paused, nothing of what was read already is handed over.
 */
export class ShortFrames extends Duplex {
  /** Takes a message: a view into a buffer of the socket. Does not throw. */
  onMessage: (message: Buffer) => void = () => {};
  readonly #socket: Duplex;
  readonly #maxBytes: number;
  readonly #turns: ReadingTurns;
  /** Of the frame that ws reads: its header, as long as that is not whole, … */
  #header: Buffer | undefined;
  /** …and how many bytes are still to come. */
  #left = 0;
  /** Whether the message that ws reads goes on in further frames. */
  #goesOn = false;
  /** What came and was not read, since the slice was over or this is paused. */
  #rest: Buffer[] = [];
  /** It waits for its turn to read the rest. */
  #isWaiting = false;
  #isPaused = false;

  /** @param maxBytes how long a message may be. */
  constructor(socket: Duplex, maxBytes: number, turns: ReadingTurns) {
    super();
    this.#socket = socket;
    this.#maxBytes = Math.min(maxBytes, SHORT_BYTES);
    this.#turns = turns;
    socket.on('data', (chunk: Buffer) => {
      this.#rest.push(chunk);
      if (this.#rest.length === 1) this.#readRest();
    });
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
  }

  override pause(): this {
    this.#isPaused = true;
    this.#socket.pause();
    return super.pause();
  }

  override resume(): this {
    this.#isPaused = false;
    if (this.#rest.length === 0) this.#socket.resume();
    else this.#waitForTurn();
    return super.resume();
  }

  /** Nothing: the socket is read while this is. */
  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(chunk);
    done(); // not later: others write to the socket too, and not into the middle of a frame
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#socket.cork();
    for (const { chunk } of chunks) this.#socket.write(chunk);
    this.#socket.uncork();
    done();
  }

  override _final(done: () => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    this.#rest = [];
    this.#socket.destroy();
    done(null);
  }

  /** Reads a slice of what came; when there is more, the socket waits until it is its turn again. */
  #readRest(): void {
    const end = performance.now() + SLICE_MS;
    while (this.#rest.length > 0 && !this.#mustStop(end)) {
      const chunk = this.#rest[0] as Buffer;
      const at = this.#take(chunk, end);
      // It may have been destroyed by what was read.
      if (at < chunk.length && this.#rest.length > 0) this.#rest[0] = chunk.subarray(at);
      else this.#rest.shift();
    }
    if (this.#isPaused) return;
    if (this.#rest.length > 0) {
      this.#socket.pause();
      this.#waitForTurn();
    } else if (this.#socket.isPaused()) {
      this.#socket.resume();
    }
  }

  #waitForTurn(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#turns.add(() => {
      this.#isWaiting = false;
      this.#readRest();
    });
  }

  /** Also where ws has not read yet what it was given: the frames keep their order. */
  #mustStop(end: number): boolean {
    return this.#isPaused || this.readableLength > 0 || performance.now() >= end;
  }

  /** Takes frames until the slice is over. Returns where it stopped, between two of them. */
  #take(chunk: Buffer, end: number): number {
    const { length } = chunk;
    let from = 0; // what comes from here on is to be given to ws, …
    let frames = 0; // …and is so many frames
    let at = this.#header === undefined ? this.#left : this.#endOfBegun(this.#header, chunk);
    while (at < length) {
      if (frames === 0 && this.#mustStop(end)) break;
      const headerBytes = headerSize(chunk, at);
      if (headerBytes === 0) {
        this.#header = Buffer.from(chunk.subarray(at));
        at = length;
        break;
      }
      const start = at + headerBytes;
      const frameEnd = start + payloadSize(chunk, at);
      const isShort = frameEnd <= length && this.#isShort(chunk, at, frameEnd - start);
      if (from < at && (isShort || frames >= FRAMES_AT_ONCE)) {
        this.push(chunk.subarray(from, at));
        from = at;
        frames = 0;
        if (this.#mustStop(end)) break;
      }
      if (isShort) {
        from = frameEnd;
        unmask(chunk, start, frameEnd);
        this.onMessage(chunk.subarray(start, frameEnd));
      } else {
        this.#noteLeft(chunk[at] as number);
        frames++;
      }
      at = frameEnd;
    }
    const stop = Math.min(at, length);
    this.#left = at - stop;
    if (from < stop) this.push(from === 0 && stop === length ? chunk : chunk.subarray(from, stop));
    return stop;
  }

  /** Where a frame ends in a chunk, or behind it, of which the chunk before had a part of the header. */
  #endOfBegun(begun: Buffer, chunk: Buffer): number {
    const header = Buffer.concat([begun, chunk.subarray(0, MAX_HEADER_BYTES)]);
    const headerBytes = headerSize(header, 0);
    this.#header = headerBytes === 0 ? header : undefined;
    if (headerBytes === 0) return chunk.length;
    this.#noteLeft(header[0] as number);
    return headerBytes + payloadSize(header, 0) - begun.length;
  }

  #isShort(chunk: Buffer, at: number, payloadBytes: number): boolean {
    return (
      chunk[at] === FIN_BINARY &&
      ((chunk[at + 1] as number) & MASKED) !== 0 &&
      payloadBytes <= this.#maxBytes &&
      !this.#goesOn
    );
  }

  /** A frame is left to ws. */
  #noteLeft(first: number): void {
    if ((first & OPCODE) < CONTROL) this.#goesOn = (first & FIN) === 0;
  }
}

/** How long a frame's header is; 0 when it is not whole. */
function headerSize(bytes: Buffer, at: number): number {
  if (at + 2 > bytes.length) return 0;
  const second = bytes[at + 1] as number;
  const length = second & LENGTH;
  const lengthBytes = length === LENGTH_16_BIT ? 2 : length === LENGTH_64_BIT ? 8 : 0;
  const size = 2 + lengthBytes + ((second & MASKED) === 0 ? 0 : MASK_BYTES);
  return at + size <= bytes.length ? size : 0;
}

/** How many bytes follow a whole header. */
function payloadSize(bytes: Buffer, at: number): number {
  const length = (bytes[at + 1] as number) & LENGTH;
  if (length === LENGTH_16_BIT) return bytes.readUInt16BE(at + 2);
  if (length === LENGTH_64_BIT) return Number(bytes.readBigUInt64BE(at + 2));
  return length;
}

/** Takes off the mask, which comes right before. */
function unmask(bytes: Buffer, start: number, end: number): void {
  const mask = start - MASK_BYTES;
  for (let at = start; at < end; at++) {
    bytes[at] = (bytes[at] as number) ^ (bytes[mask + ((at - start) & 3)] as number);
  }
}
