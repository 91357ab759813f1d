import type { LinkKind } from '../link/link.ts';

/** What a server can be reached by. */
export type Transport = Exclude<LinkKind, 'tab'>;

/** All transports, the best first. */
export const TRANSPORTS: readonly Transport[] = ['web-socket', 'http-stream', 'http-poll'];

/** A transport that is not the best is not the first to be tried any more after so long. */
const FORGET_MS = 10 * 60_000;

interface Known {
  readonly transport: Transport;
  /** When it was taken, in milliseconds since 1970. */
  readonly since: number;
}

/**
 * Which transport to try next. Some networks let no WebSocket through, and some proxies hold streams back. Transports are
 * tried in rounds: one after the other without a wait, first what worked last, until one works or all have failed.
 */
export class TransportChoice {
  readonly #transports: readonly Transport[];
  /** What worked last. */
  #known: Known | undefined;
  /** What was tried in this round. */
  readonly #tried = new Set<Transport>();
  #takenAt = 0;
  /** What worked last has failed since. */
  #hasMissed = false;

  constructor(transports: readonly Transport[] = TRANSPORTS) {
    if (transports.length === 0) throw new TypeError('there has to be a transport');
    this.#transports = transports;
  }

  take(): Transport {
    const [best] = this.#transports as readonly [Transport];
    this.#takenAt = Date.now();
    const known = this.#known;
    if (known !== undefined && known.transport !== best) {
      // The network may let more through by now.
      if (this.#takenAt - known.since > FORGET_MS) this.#known = undefined;
    }
    const order = [this.#known?.transport ?? best, ...this.#transports];
    return order.find((transport) => !this.#tried.has(transport)) ?? best;
  }

  /** Something came over it. */
  worked(transport: Transport): void {
    this.#endRound();
    this.#hasMissed = false;
    if (this.#known?.transport !== transport) this.#known = { transport, since: this.#takenAt };
  }

  /**
   * It ended, and nothing had come over it.
   *
   * @returns whether the round goes on: there is another one to be tried at once
   */
  failed(transport: Transport): boolean {
    this.#tried.add(transport);
    // Where it worked before, the server may just be down, and would be found by another one when it comes back.
    const isFirstMiss = this.#known?.transport === transport && !this.#hasMissed;
    this.#hasMissed = true;
    if (isFirstMiss || this.#transports.every((other) => this.#tried.has(other))) this.#endRound();
    return this.#tried.size > 0;
  }

  /** The network may be another one. */
  reset(): void {
    this.#endRound();
    this.#known = undefined;
  }

  #endRound(): void {
    this.#tried.clear();
  }
}
