import type { SynclineServerMessage } from '@syncline/protocol';
import type { Framing } from './framing.ts';
import type { LinkEnd, LinkListener } from './link.ts';
import { endOf } from './refusal.ts';

/** What the listener of a link is told, until it is over: by an end that is told once, or in silence. */
export class Receiver {
  readonly #framing: Framing;
  readonly #listener: LinkListener;
  readonly #release: () => void;
  #isOver = false;

  /** @param release lets go of what the link holds; called at an end, before the listener hears of it */
  constructor(framing: Framing, listener: LinkListener, release: () => void) {
    this.#framing = framing;
    this.#listener = listener;
    this.#release = release;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  open(): void {
    if (!this.#isOver) this.#listener.onOpen();
  }

  sign(): void {
    if (!this.#isOver) this.#listener.onSign();
  }

  /** A frame came. One that cannot be read ends the link (X1), and so does a goodbye (X2). */
  accept(frame: Uint8Array): void {
    if (this.#isOver) return;
    let message: SynclineServerMessage | undefined;
    try {
      message = this.#framing.accept(frame);
    } catch (error) {
      this.end(endOf(error));
      return;
    }
    if (message === undefined) {
      this.#listener.onFragment?.();
      return;
    }
    this.#listener.onMessage(message);
    if (message.type === 'goodbye')
      this.end({ message: `the server ended it: ${message.message}` });
  }

  end(end: LinkEnd): void {
    if (!this.silence()) return;
    this.#release();
    this.#listener.onEnd(end);
  }

  /** The listener hears nothing more. Returns whether it would have. */
  silence(): boolean {
    const wasOver = this.#isOver;
    this.#isOver = true;
    return !wasOver;
  }
}
