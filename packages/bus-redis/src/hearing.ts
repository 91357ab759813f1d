import { SILENCE_MS } from '@syncline/bus';

/** How often a node that is deaf looks into the store, in ms. */
const MISSED_MS = 2_000;

/**
 * `hearing`: what this node publishes comes back to it, so what others publish comes as well.
 * `deaf`: that is not known.
 */
export type BusState = 'hearing' | 'deaf';

interface HearingOptions {
  /** Publishes a beat. */
  beat(count: number): void;
  onState(state: BusState, cause: Error | undefined): void;
  onMissed(): void;
}

/** Whether the way through Redis is open: this node's own beats tell, which come back over it. */
export class Hearing {
  readonly #options: HearingOptions;
  #state: BusState | undefined;
  #beats = 0;
  /** Earlier beats were on the way before something broke, and prove nothing. */
  #proof = 1;
  #heardAt = performance.now();
  #beatAt = 0;
  #missedAt = Number.NEGATIVE_INFINITY;
  #owesMissed = false;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  get isHearing(): boolean {
    return this.#state === 'hearing';
  }

  /** How long ago the last beat was published, in ms. */
  get sinceBeat(): number {
    return performance.now() - this.#beatAt;
  }

  /** Whether no beat has come back for so long that something must be wrong with the connections. */
  get isSilent(): boolean {
    return performance.now() - this.#heardAt >= SILENCE_MS;
  }

  beat(): void {
    this.#beatAt = performance.now();
    this.#options.beat(++this.#beats);
  }

  /**
   * A beat has come back.
   * @param isWhole whether both connections stand and all channels are subscribed
   * @returns how long after the one before, in ms; undefined when it proves nothing.
   */
  heard(count: number, isWhole: boolean): number | undefined {
    if (count < this.#proof || !isWhole) return undefined;
    const since = performance.now() - this.#heardAt;
    this.#heardAt += since;
    if (!this.isHearing) {
      const wasDeaf = this.#state === 'deaf';
      this.#become('hearing', undefined);
      if (wasDeaf) this.#sayMissed();
    }
    return since;
  }

  deafen(cause: Error | undefined): void {
    this.#proof = this.#beats + 1;
    if (this.#state === 'deaf') return;
    this.#become('deaf', cause);
    this.#sayMissed();
  }

  /** Something was missed: says so soon, but not more often than every now and then. */
  miss(): void {
    this.#owesMissed = true;
    this.sayWhatIsOwed();
  }

  /** To be called often. */
  sayWhatIsOwed(): void {
    const isOwed = this.#owesMissed || this.#state === 'deaf';
    if (isOwed && performance.now() - this.#missedAt >= MISSED_MS) this.#sayMissed();
  }

  /** New connections get as much time as the old ones. */
  waitAnew(): void {
    this.#heardAt = performance.now();
  }

  #become(state: BusState, cause: Error | undefined): void {
    this.#state = state;
    this.#options.onState(state, cause);
  }

  #sayMissed(): void {
    this.#owesMissed = false;
    this.#missedAt = performance.now();
    this.#options.onMissed();
  }
}
