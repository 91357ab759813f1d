import { type AwarenessGuard, SyncError } from '@syncline/protocol';
import type { Limits } from '../limits.ts';

/** Who knows whether a state at a clock, of this many bytes, is no news of a Yjs client: then nobody needs it. */
export interface KnownStates {
  isKnownState(client: number, clock: number, bytes: number): boolean;
}

/**
 * What a session takes of one awareness update, found by sizes before a state is read. Known states are not read at
 * all: stock clients send on what they are told.
 */
export class AwarenessBounds implements AwarenessGuard {
  readonly #limits: Limits;
  readonly #known: KnownStates;
  #bytes = 0;

  constructor(limits: Limits, known: KnownStates) {
    this.#limits = limits;
    this.#known = known;
  }

  /** @throws SyncError `awareness-too-many` */
  count(entries: number): void {
    const { awarenessStates } = this.#limits;
    if (entries <= awarenessStates) return;
    throw new SyncError(
      'awareness-too-many',
      `${entries} states in a frame are over limits.awarenessStates (${awarenessStates})`,
    );
  }

  /** @throws SyncError `awareness-too-large` */
  wants(client: number, clock: number, bytes: number): boolean {
    if (this.#known.isKnownState(client, clock, bytes)) return false;
    const { awarenessBytes, awarenessPerSession } = this.#limits;
    this.#bytes += bytes;
    if (bytes > awarenessBytes) {
      throw new SyncError(
        'awareness-too-large',
        `an awareness state is over limits.awarenessBytes (${awarenessBytes})`,
      );
    }
    if (this.#bytes > awarenessBytes * awarenessPerSession) {
      throw new SyncError(
        'awareness-too-large',
        'the awareness states of a frame are larger than all that a session may have',
      );
    }
    return true;
  }
}
