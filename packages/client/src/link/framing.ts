import {
  Defragmenter,
  decodeServerMessage,
  encodeClientMessage,
  fragmentsOf,
  type SynclineClientMessage,
  type SynclineServerMessage,
} from '@syncline/protocol';

/** The largest message that is put together of fragments, in bytes: more than any server stores. */
const MAX_MESSAGE_BYTES = 2 ** 30;
/** A fragment needs some bytes for itself; no server means less than this. */
const MIN_FRAGMENT_BYTES = 64;

/** Turns the messages of one connection into frames, and frames into messages. */
export class Framing {
  readonly #fragments = new Defragmenter(MAX_MESSAGE_BYTES);
  #fragmentBytes = Number.POSITIVE_INFINITY;

  /** No frame will be larger (F1). */
  setFragmentBytes(bytes: number): void {
    this.#fragmentBytes = Math.max(bytes, MIN_FRAGMENT_BYTES);
  }

  /** The frames of a message: itself, or its fragments. */
  framesOf(message: SynclineClientMessage): Uint8Array[] {
    return fragmentsOf(encodeClientMessage(message), this.#fragmentBytes);
  }

  /**
   * The message that a frame is or completes; undefined when more has to come. Byte fields may be views
   * into the frame.
   * @throws SyncError `malformed-frame`, `frame-too-large`
   */
  accept(frame: Uint8Array): SynclineServerMessage | undefined {
    const message = this.#fragments.accept(frame);
    return message && decodeServerMessage(message);
  }
}
