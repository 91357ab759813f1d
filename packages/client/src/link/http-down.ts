import { BodyReader, decodeBody } from '@syncline/protocol';
import type { HttpRequests } from './http-requests.ts';
import type { Receiver } from './receiver.ts';
import { Refusal } from './refusal.ts';

/** The largest frame, in bytes: far more than any server says in `fragmentBytes`. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** A stream that brings nothing for so long is asked for a sign. */
const QUIET_MS = 25_000;
/** When the server has taken the question, the sign must come within this time. */
const SIGN_MS = 5_000;
/** A server answers a poll after 25 s. */
const POLL_IDLE_MS = 40_000;
/** Before the next poll, when one brought nothing: a proxy may answer those at once. */
const EMPTY_MS = 200;

export interface DownOptions {
  readonly requests: HttpRequests;
  /** Of the connection. */
  readonly path: string;
  readonly receiver: Receiver;
  /** Something came; or what has to come did not. */
  readonly onProven: (isProven: boolean) => void;
  /** Sends a ping, whose pong comes down; `onTaken`: the server has it. */
  readonly ping: (onTaken: () => void) => void;
}

/** Fetches what goes down until that ends, by an error at the latest. */
export type Down = (options: DownOptions) => Promise<void>;

/**
 * One answer that goes on (P4). Answers to other requests say that the server lives, but not that this
 * one comes through: a proxy may hold it back.
 */
export const receiveStream: Down = async ({ requests, path, receiver, onProven, ping }) => {
  const reader = new BodyReader(MAX_FRAME_BYTES);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsked = true;
  const hold = (): void => {
    onProven(false);
    receiver.end({ message: 'a proxy holds the stream back' });
  };
  const ask = (): void => {
    isAsked = true;
    ping(() => {
      // The sign may have come before the answer to what asks for it.
      if (!isAsked) return;
      clearTimeout(timer);
      timer = setTimeout(hold, SIGN_MS);
    });
  };
  ask();
  try {
    await requests.make(`${path}?mode=stream`, {
      status: 200,
      onChunk: (chunk) => {
        clearTimeout(timer);
        isAsked = false;
        timer = setTimeout(ask, QUIET_MS);
        onProven(true);
        for (const frame of reader.push(chunk)) receiver.accept(frame);
      },
    });
    reader.end();
    receiver.end({ message: 'the stream ended' });
  } finally {
    clearTimeout(timer);
    isAsked = false;
  }
};

/** One poll after the other (P5). */
export const receivePolls: Down = async ({ requests, path, receiver, onProven }) => {
  for (let after = '0'; !receiver.isOver; ) {
    const answer = await requests.repeat(`${path}?after=${after}`, {
      status: 200,
      idleMs: POLL_IDLE_MS,
    });
    const next = answer.headers.get('syncline-next');
    if (next === null)
      throw new Refusal({ message: 'the header syncline-next does not come through' });
    after = next;
    onProven(true);
    for (const frame of decodeBody(answer.body)) receiver.accept(frame);
    if (answer.body.length === 0) await requests.pause(EMPTY_MS);
  }
};
