import type { SynclineClientMessage, SynclineServerMessage } from '@syncline/protocol';

/** What carries messages: a WebSocket, requests, or another tab's connection. */
export type LinkKind = 'web-socket' | 'http-stream' | 'http-poll' | 'tab';

/**
 * Carries the messages of one connection of `syncline.v1`, in order. It knows the framing of its
 * transport, and nothing of what messages mean.
 */
export interface Link {
  readonly kind: LinkKind;
  /** What was sent and waits for the network, in bytes; 0 where nobody can tell. */
  readonly bufferedBytes: number;
  /**
   * Something came after the `welcome`, by the way that all comes from then on: no proxy on the way holds it back. The
   * welcome proves nothing, since over HTTP it is an answer of its own.
   */
  readonly isProven: boolean;
  /**
   * Called from {@link LinkListener.onOpen} on. What is sent after the end is dropped: the listener was told.
   * Large messages travel in fragments.
   */
  send(message: SynclineClientMessage): void;
  /** From the `welcome`: larger messages travel in fragments. Before, none is so large. */
  setFragmentBytes(bytes: number): void;
  /** Ends it; what was sent goes first, as far as it can. Idempotent. The listener hears nothing more. */
  close(): void;
}

export interface LinkListener {
  /** Messages can be sent. */
  onOpen(): void;
  /** A whole message came. */
  onMessage(message: SynclineServerMessage): void;
  /** Something came, also if it was only a part of a message: the other end lives (L2 of the SPEC). */
  onSign(): void;
  /** A fragment came of a message that is not whole yet. */
  onFragment?(): void;
  /** It is over, or never came about. Called once, and not after `close`. */
  onEnd(end: LinkEnd): void;
}

export interface LinkEnd {
  /** For people. */
  readonly message: string;
  /** An error code, where the transport has one: HTTP refuses with it. */
  readonly code?: string;
  /** Not before this; 0 or absent: the client's own backoff. */
  readonly retryAfterMs?: number;
}

/**
 * Begins to open a link.
 * @param url of the server, `http(s)://HOST[:PORT][/BASE]` without a slash at its end.
 */
export type Dial = (url: string, listener: LinkListener) => Link;
