import type { AwarenessEntry, SyncError } from '@syncline/protocol';
import type { StateVector } from '@syncline/update';

/**
 * One client on one document, as a room sees it. A dialect implements it, and the room knows no
 * dialect. No method throws or waits; a session whose socket is gone does nothing.
 */
export interface Session {
  /** Who it is, for the log's entries; empty when that is not known. */
  readonly author: string;
  /** How many bytes wait in the session's socket. */
  readonly bufferedBytes: number;
  /** An update that was committed. */
  deliver(update: Delivery<Uint8Array>): void;
  /** Awareness states that changed. */
  deliverAwareness(entries: Delivery<readonly AwarenessEntry[]>): void;
  /** Asks the client for what the log with this state vector lacks. */
  ask(stateVector: StateVector): void;
  /** Ends the session and tells the client why. */
  close(reason: SyncError): void;
}

/** What goes to many sessions alike. Each dialect frames it once, however many sessions there are. */
export class Delivery<T> {
  readonly content: T;
  readonly #frames = new Map<(content: T) => Uint8Array, Uint8Array>();

  constructor(content: T) {
    this.content = content;
  }

  /** The content as `encode` frames it; `encode` must be the same function each time. */
  framed(encode: (content: T) => Uint8Array): Uint8Array {
    let frame = this.#frames.get(encode);
    if (frame === undefined) {
      frame = encode(this.content);
      this.#frames.set(encode, frame);
    }
    return frame;
  }
}
