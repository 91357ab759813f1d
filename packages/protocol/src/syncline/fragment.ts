import { encode, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import { FrameReader } from '../frame-reader.ts';
import { SyncError } from '../sync-error.ts';
import { ByteQueue } from './byte-queue.ts';
import { readFlag, writeFlag } from './codec.ts';
import { MessageType } from './message-type.ts';

/** A piece of a message that is larger than a frame may be. */
export interface Fragment {
  readonly last: boolean;
  readonly part: Uint8Array;
}

/** Type, `last`, and the length of the part. */
const OVERHEAD_BYTES = 10;

export function encodeFragment({ last, part }: Fragment): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, MessageType.fragment);
    writeFlag(encoder, last);
    writeVarUint8Array(encoder, part);
  });
}

/**
 * Reads `varUint(3) u8(last) buf(part)`; undefined when the frame is a whole message.
 * @throws SyncError `malformed-frame`
 */
export function decodeFragment(frame: Uint8Array): Fragment | undefined {
  if (frame[0] !== MessageType.fragment) return undefined;
  const reader = new FrameReader(frame);
  reader.varUint();
  const last = readFlag(reader);
  const part = reader.bytes();
  reader.end();
  if (part.length === 0) reader.refuse('a fragment is empty');
  return { last, part };
}

/**
 * The frames of a message, none larger than `fragmentBytes`: itself, or its fragments. Between those
 * whole messages may be sent, and no other fragments.
 */
export function fragmentsOf(message: Uint8Array, fragmentBytes: number): Uint8Array[] {
  if (message.length <= fragmentBytes) return [message];
  const size = fragmentBytes - OVERHEAD_BYTES;
  if (!(size > 0)) throw new TypeError(`fragments need more than ${OVERHEAD_BYTES} bytes`);
  const frames: Uint8Array[] = [];
  for (let start = 0; start < message.length; start += size) {
    const end = Math.min(start + size, message.length);
    frames.push(
      encodeFragment({ last: end === message.length, part: message.subarray(start, end) }),
    );
  }
  return frames;
}

/** Puts the fragments of one direction of a connection together. */
export class Defragmenter {
  readonly #maxBytes: number;
  readonly #parts = new ByteQueue();

  /** @param maxBytes the largest message that fragments may make */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What is held of a message that is not whole yet, in bytes. */
  get pendingBytes(): number {
    return this.#parts.length;
  }

  /**
   * Takes a frame, and returns the message that it is or completes; undefined when more has to come.
   * @throws SyncError `malformed-frame`, `frame-too-large`
   */
  accept(frame: Uint8Array): Uint8Array | undefined {
    const fragment = decodeFragment(frame);
    if (fragment === undefined) return frame;
    const { last, part } = fragment;
    if (this.#parts.length + part.length > this.#maxBytes) {
      this.#parts.clear();
      throw new SyncError('frame-too-large', `a message has more than ${this.#maxBytes} bytes`);
    }
    this.#parts.append(part);
    return last ? this.#parts.take(this.#parts.length) : undefined;
  }
}
