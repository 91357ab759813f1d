import type { Append, Appended, DocumentStore } from '@syncline/storage';

/** Under load there is one commit each so many milliseconds… */
const INTERVAL_MS = 10;
/** …or sooner, when as much as this waits. */
const ENOUGH_UPDATES = 64;
const ENOUGH_BYTES = 64 * 1024;

/** What takes part in ticks: a room. */
export interface Participant {
  /** Hands over what is to be appended; what comes later goes into the next tick. */
  gather(): Append;
  /** What was handed over is durable. */
  committed(appended: Appended): void;
  /** What was handed over may or may not have been stored. */
  failed(cause: unknown): void;
}

/**
 * Gather, commit, deliver: updates of all rooms go into one synced batch, and are delivered and
 * acknowledged only when it is on the disk. Never are there two commits at once. When it is quiet a
 * tick follows at once; under load, what arrives meanwhile shares the next one.
 */
export class Tick {
  readonly #store: DocumentStore;
  #waiting = new Set<Participant>();
  #updates = 0;
  #bytes = 0;
  #committing = false;
  #lastStart = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(store: DocumentStore) {
    this.#store = store;
  }

  /** A participant has one more update of so many bytes. */
  request(participant: Participant, bytes: number): void {
    this.#waiting.add(participant);
    this.#updates++;
    this.#bytes += bytes;
    this.#schedule();
  }

  /** Resolves when all that was requested before is committed, or has failed. */
  async idle(): Promise<void> {
    if (!this.#committing && this.#waiting.size === 0) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #schedule(): void {
    if (this.#committing || this.#immediate !== undefined) return;
    const wait = this.#lastStart + INTERVAL_MS - performance.now();
    if (wait <= 0 || this.#updates >= ENOUGH_UPDATES || this.#bytes >= ENOUGH_BYTES) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      // Not at once: the frames that this turn of the event loop still reads come along.
      this.#immediate = setImmediate(() => void this.#run());
    } else {
      this.#timer ??= setTimeout(() => void this.#run(), wait);
    }
  }

  async #run(): Promise<void> {
    this.#timer = this.#immediate = undefined;
    this.#committing = true;
    this.#lastStart = performance.now();
    const participants = [...this.#waiting];
    this.#waiting = new Set();
    this.#updates = this.#bytes = 0;
    const appends = participants.map((participant) => participant.gather());
    try {
      const answers = await this.#store.append(appends);
      this.#committing = false;
      for (const [index, participant] of participants.entries()) {
        participant.committed(answers[index] as Appended);
      }
    } catch (cause) {
      this.#committing = false;
      for (const participant of participants) participant.failed(cause);
    }
    if (this.#waiting.size > 0) {
      this.#schedule();
    } else {
      for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }
}
