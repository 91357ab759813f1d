import { SyncError } from '@syncline/protocol';
import { contain } from '../bulkhead.ts';
import type { Session } from '../session.ts';
import { ANONYMOUS, type Identity, type RequestFacts } from './identity.ts';

/** How long before a token ends its client is told to get another: half its time, at most this. */
const NOTICE_MS = 60_000;
/** Longer waits overflow Node's timers. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export interface CredentialEvents {
  /** The token ends in so many milliseconds. */
  expiring(inMs: number): void;
  /** The token is past its time. */
  expired(): void;
}

/**
 * Who a client has shown to be, and until when. A connection has one, or, where each document is
 * opened with a token of its own, a session.
 */
export class Credential {
  readonly request: RequestFacts;
  /** The sessions that stand on it. */
  readonly sessions = new Set<Session>();
  /** Set by who tells the client. */
  events: CredentialEvents | undefined;
  #identity: Identity;
  #timer: NodeJS.Timeout | undefined;

  constructor(identity: Identity, request: RequestFacts) {
    this.request = request;
    this.#identity = identity;
    this.#schedule();
  }

  get identity(): Identity {
    return this.#identity;
  }

  /** How long the token still holds, in milliseconds; 0 when it has no end. */
  get expiresInMs(): number {
    const { expiresAt } = this.#identity;
    return expiresAt === undefined ? 0 : Math.max(1, expiresAt - Date.now());
  }

  /**
   * Takes the identity of a newer token.
   * @throws SyncError `token-invalid` when it is somebody else's: sessions belong to who began them.
   */
  renew(identity: Identity): void {
    const { user, expiresAt } = this.#identity;
    if (user !== null && identity.user?.id !== user.id) {
      throw new SyncError('token-invalid', 'the new token is of another user');
    }
    this.#identity = identity;
    // A client that has no other token shows the same one again, and is not asked for ever.
    if (identity.expiresAt !== expiresAt) this.#schedule();
  }

  /** Goes on as nobody. */
  forget(): void {
    this.#identity = ANONYMOUS;
    this.close();
  }

  /** What stands on it ends, since the client could not be told of its time. */
  #fail(cause: unknown): void {
    for (const session of this.sessions) session.fail(cause);
  }

  /** Stops the timers. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    this.close();
    const { expiresAt } = this.#identity;
    if (expiresAt === undefined) return;
    const left = expiresAt - Date.now();
    this.#at(expiresAt - Math.min(NOTICE_MS, left / 2), () => {
      this.#at(expiresAt, () => this.events?.expired());
      this.events?.expiring(Math.max(1, expiresAt - Date.now()));
    });
  }

  /** Timers may be early by a millisecond, and cannot be as late as tokens may be. */
  #at(time: number, act: () => void): void {
    const again = () => {
      if (time > Date.now()) this.#at(time, act);
      else contain(act, (cause) => this.#fail(cause));
    };
    const left = Math.max(0, time - Date.now());
    this.#timer = setTimeout(again, Math.min(left, MAX_TIMEOUT_MS)).unref();
  }
}
