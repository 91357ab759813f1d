import type { ErrorCode } from '@syncline/protocol';

/** Who meets the same final refusal so many times in so short a time does not hear it. */
const TIMES = 5;
const WITHIN_MS = 10_000;
/** The oldest are forgotten first: all that is lost is that somebody is refused once more. */
const MAX_REMEMBERED = 10_000;
/** A longer name is none of a document, even percent-encoded. */
const MAX_NAME_LENGTH = 1_600;

/**
 * Who was refused for good lately. Clients of y-websocket 2 reconnect at once after every close code,
 * for ever; one that meets the same refusal again and again keeps its socket, and is not listened to.
 */
export class Refusals {
  readonly #seen = new Map<string, { readonly since: number; times: number }>();

  /** Takes note of a refusal; true when its client does not seem to hear it. */
  isUnheard(address: string, documentName: string, code: ErrorCode): boolean {
    const key = `${code} ${address} ${documentName.slice(0, MAX_NAME_LENGTH)}`;
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
