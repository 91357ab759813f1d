import { createHash } from 'node:crypto';
import type { ErrorCode } from '@syncline/protocol';

/** Who meets the same final refusal so many times in so short a time does not hear it. */
const TIMES = 5;
const WITHIN_MS = 10_000;
/** The oldest are forgotten first: all that is lost is that somebody is refused once more. */
const MAX_REMEMBERED = 10_000;

/** Who was refused, as far as it can be known when it comes back. */
export interface Refused {
  readonly address: string;
  /** Many can be behind one address, each with a token of its own. */
  readonly token: string | undefined;
  readonly documentName: string;
}

/**
 * Who was refused for good lately. Clients of y-websocket 2 reconnect at once after every close code,
 * for ever; one that meets the same refusal again and again keeps its socket, and is not listened to.
 */
export class Refusals {
  readonly #seen = new Map<string, { readonly since: number; times: number }>();

  /** Takes note of a refusal; true when its client does not seem to hear it. */
  isUnheard({ address, token, documentName }: Refused, code: ErrorCode): boolean {
    const who = JSON.stringify([code, address, token, documentName]);
    const key = createHash('sha256').update(who).digest('base64');
    const now = performance.now();
    let seen = this.#seen.get(key);
    if (seen === undefined || now - seen.since > WITHIN_MS) {
      seen = { since: now, times: 0 };
      this.#seen.delete(key);
      this.#seen.set(key, seen);
      const [oldest] = this.#seen.keys();
      if (this.#seen.size > MAX_REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    }
    seen.times++;
    return seen.times >= TIMES;
  }
}
