import type { LinkKind } from '../link/link.ts';

/** What a server can be reached by. */
export type Transport = Exclude<LinkKind, 'tab'>;

/** All transports, the best first. */
export const TRANSPORTS: readonly Transport[] = ['web-socket', 'http-stream', 'http-poll'];

/**
 * Which transport to try next. Some networks let no WebSocket through, and some proxies hold streams back:
 * what does not come about is followed by the next one, and what worked is kept.
 */
export class TransportChoice {
  readonly #transports: readonly Transport[];
  #at = 0;

  constructor(transports: readonly Transport[] = TRANSPORTS) {
    if (transports.length === 0) throw new TypeError('there has to be a transport');
    this.#transports = transports;
  }

  get next(): Transport {
    return this.#transports[this.#at] as Transport;
  }

  /** A link ended before the server said welcome. */
  failed(): void {
    this.#at = (this.#at + 1) % this.#transports.length;
  }

  /** The network may be another one. */
  reset(): void {
    this.#at = 0;
  }
}
