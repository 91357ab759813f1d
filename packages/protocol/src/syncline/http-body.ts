import { createEncoder, toUint8Array, writeVarUint8Array } from 'lib0/encoding';
import { FrameReader } from '../frame-reader.ts';
import { SyncError } from '../sync-error.ts';
import { ByteQueue } from './byte-queue.ts';

/** The longest length of a message: 2^53 - 1 takes eight bytes. */
const MAX_LENGTH_BYTES = 8;
/** The bit of a varUint's byte that says that more follow. */
const CONTINUED = 0x80;

/** The body of a request or a response: `varUint(length) message`, again and again. */
export function encodeBody(messages: Iterable<Uint8Array>): Uint8Array {
  const encoder = createEncoder();
  for (const message of messages) writeVarUint8Array(encoder, message);
  return toUint8Array(encoder);
}

/** The messages of a whole body, one at a time, as views. @throws SyncError `malformed-frame` */
export function* decodeBody(body: Uint8Array): Generator<Uint8Array, void> {
  const reader = new FrameReader(body);
  while (reader.hasMore()) {
    const message = reader.bytes();
    if (message.length === 0) reader.refuse('a message is empty');
    yield message;
  }
}

/**
 * How many messages a whole body has. It can be a million: they are looked at one at a time.
 * @throws SyncError `malformed-frame`
 */
export function countMessages(body: Uint8Array): number {
  const reader = new FrameReader(body);
  let count = 0;
  for (; reader.hasMore(); count++) {
    const length = reader.varUint();
    if (length === 0) reader.refuse('a message is empty');
    reader.skip(length);
  }
  return count;
}

/** The messages of a body that comes in pieces, as a stream has them. */
export class BodyReader {
  readonly #maxMessageBytes: number;
  readonly #bytes = new ByteQueue();

  /** @param maxMessageBytes the largest message: nothing is gathered for one that announces more */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Takes the next bytes, and returns the messages that they complete.
   * @throws SyncError `malformed-frame`, `frame-too-large`
   */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#bytes.append(chunk);
    const messages: Uint8Array[] = [];
    for (;;) {
      const head = this.#lengthBytes();
      if (head === undefined) return messages;
      const length = this.#messageLength(head);
      if (this.#bytes.length < head + length) return messages;
      this.#bytes.skip(head);
      messages.push(this.#bytes.take(length));
    }
  }

  /** The body is over. @throws SyncError `malformed-frame` when that is in the middle of a message */
  end(): void {
    if (this.#bytes.length > 0) throw new SyncError('malformed-frame', 'a body ends too early');
  }

  /** How many bytes the length of the next message takes; undefined when they have to come yet. */
  #lengthBytes(): number | undefined {
    const head = this.#bytes.peek().subarray(0, MAX_LENGTH_BYTES);
    const last = head.findIndex((byte) => byte < CONTINUED);
    if (last !== -1) return last + 1;
    return head.length < MAX_LENGTH_BYTES ? undefined : head.length;
  }

  #messageLength(head: number): number {
    const reader = new FrameReader(this.#bytes.peek().subarray(0, head));
    const length = reader.varUint();
    if (length === 0) reader.refuse('a message is empty');
    if (length > this.#maxMessageBytes) {
      throw new SyncError(
        'frame-too-large',
        `a message has more than ${this.#maxMessageBytes} bytes`,
      );
    }
    return length;
  }
}
