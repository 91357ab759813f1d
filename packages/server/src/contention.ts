import { setTimeout as sleep } from 'node:timers/promises';
import type { Append, Appended, DocumentStore, NotAppended } from '@syncline/storage';
import type { Participant } from './tick.ts';

/** So often a document that another node holds is left to the next tick; then the store waits for it. */
const TRIES = 3;
/** Between two waits of the store that were in vain. */
const PAUSE_MS = 50;

/** What a document that the store waits for has in flight, and what was requested meanwhile. */
interface Wait {
  readonly bytes: number;
  requests: number;
  requestedBytes: number;
}

export interface ContentionOptions {
  readonly store: DocumentStore;
  /** The store does not hold the document back any more. */
  readonly onAnswer: (
    participant: Participant,
    append: Append,
    answer: Exclude<Appended | NotAppended, 'held'> | undefined,
  ) => void;
  readonly onFailed: (participant: Participant, cause: unknown) => void;
  /** The store waits no longer, and so much was requested while it did. */
  readonly onRequested: (participant: Participant, requests: number, bytes: number) => void;
}

/**
 * The documents that other nodes hold. One that was held in a few ticks in a row gets a commit of its
 * own, which waits, so that the others go on; until that ends it takes part in no tick.
 */
export class Contention {
  readonly #options: ContentionOptions;
  /** How often in a row a document was held. Those that are waited for are among them. */
  readonly #tries = new Map<Participant, number>();
  readonly #waits = new Map<Participant, Wait>();
  #whenNone: (() => void)[] = [];

  constructor(options: ContentionOptions) {
    this.#options = options;
  }

  /** How many bytes wait for documents that take part in no tick. */
  get bytes(): number {
    let bytes = 0;
    for (const wait of this.#waits.values()) bytes += wait.bytes + wait.requestedBytes;
    return bytes;
  }

  /** Takes note of a request of a document that is waited for. False for others. */
  postpone(participant: Participant, bytes: number): boolean {
    const wait = this.#waits.get(participant);
    if (wait === undefined) return false;
    wait.requests++;
    wait.requestedBytes += bytes;
    return true;
  }

  /**
   * The document was held, and its participant has taken back what it handed over, which is so many
   * bytes. True when it is to take part in the next tick; else it is waited for.
   */
  held(participant: Participant, bytes: number): boolean {
    const tries = (this.#tries.get(participant) ?? 0) + 1;
    this.#tries.set(participant, tries);
    if (tries < TRIES) return true;
    void this.#wait(participant, bytes);
    return false;
  }

  /** The document is not held, or it does not matter any more. */
  over(participant: Participant): void {
    if (!this.#tries.delete(participant) || this.#tries.size > 0) return;
    for (const resolve of this.#whenNone.splice(0)) resolve();
  }

  get isNone(): boolean {
    return this.#tries.size === 0;
  }

  /** Resolves when no document is held any more. */
  async none(): Promise<void> {
    if (!this.isNone) await new Promise<void>((resolve) => this.#whenNone.push(resolve));
  }

  async #wait(participant: Participant, bytes: number): Promise<void> {
    const { store, onAnswer, onFailed, onRequested } = this.#options;
    const wait: Wait = { bytes, requests: 0, requestedBytes: 0 };
    this.#waits.set(participant, wait);
    const ended = () => {
      if (!this.#waits.delete(participant)) return;
      if (wait.requests > 0) onRequested(participant, wait.requests, wait.requestedBytes);
    };
    try {
      const append = participant.gather();
      let [answer] = await store.append([append], { wait: true });
      while (answer === 'held') {
        await sleep(PAUSE_MS);
        [answer] = await store.append([append], { wait: true });
      }
      ended();
      onAnswer(participant, append, answer);
    } catch (cause) {
      ended();
      onFailed(participant, cause);
    }
    this.over(participant);
  }
}
