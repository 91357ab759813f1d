import type { ServerMessageOf, SynclineClientMessage } from '@syncline/protocol';
import { encodeUtf8 } from 'lib0/string';
import { decodePayload, encodePayload, type Payload } from './payload.ts';
import { refusalOf } from './refusal.ts';

/** What somebody said to all who are on the document. */
export interface Broadcast {
  readonly topic: string;
  /** From anybody with the right to it: look at it before you use it. */
  readonly payload: Payload;
  /** Of the sender; '': anonymous. */
  readonly userId: string;
}

export interface SendOptions {
  /** Wait until the server has passed it on. */
  readonly ack?: boolean;
  /** Get it back too. */
  readonly self?: boolean;
}

/** The broadcasts of a session: B1 to B6 of the SPEC. */
export class Broadcasts {
  readonly #send: (message: SynclineClientMessage) => void;
  /** Who waits for an answer, by the id of the broadcast. */
  readonly #waiting = new Map<number, (passedOn: boolean) => void>();
  #id = 0;

  constructor(send: (message: SynclineClientMessage) => void) {
    this.#send = send;
  }

  /**
   * True once it was sent, or passed on if that is asked for; false when the session ended before.
   * @throws SyncError `broadcast-too-large`
   */
  send(
    channel: number,
    maxBytes: number,
    topic: string,
    payload: Payload,
    { ack = false, self = false }: SendOptions,
  ): Promise<boolean> {
    const bytes = encodePayload(payload);
    const size = encodeUtf8(topic).length + bytes.length;
    if (size > maxBytes) {
      const reason = `a broadcast has ${size} bytes, the server takes ${maxBytes}`;
      throw refusalOf('broadcast-too-large', reason);
    }
    const id = ack ? ++this.#id : 0;
    this.#send({ type: 'broadcast', channel, id, toSelf: self, topic, payload: bytes });
    if (!ack) return Promise.resolve(true);
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  acknowledged({ id }: ServerMessageOf<'broadcast-ack'>): void {
    this.#waiting.get(id)?.(true);
    this.#waiting.delete(id);
  }

  /** The session is over. */
  end(): void {
    for (const resolve of this.#waiting.values()) resolve(false);
    this.#waiting.clear();
  }
}

export function broadcastOf({ topic, userId, payload }: ServerMessageOf<'broadcast'>): Broadcast {
  return { topic, userId, payload: decodePayload(payload) };
}
