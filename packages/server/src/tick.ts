import type { Append, Appended, DocumentStore, NotAppended } from '@syncline/storage';
import { contain, type OnThrow } from './bulkhead.ts';
import { Contention } from './contention.ts';
import { Inbox } from './inbox.ts';
import type { Metrics } from './metrics.ts';

/** Under load there is one commit each so many milliseconds… */
const INTERVAL_MS = 25;
/**
 * …and so many more for each other node that shares the store, up to a limit: two or three together make
 * fewer commits than one alone. That pays for a part of what each costs that hears of the others' updates.
 */
const INTERVAL_MS_A_NODE = 35;
const MOST_INTERVAL_MS = 85;
/** There is one sooner when as much as this waits. */
const ENOUGH_UPDATES = 256;
const ENOUGH_BYTES = 64 * 1024;

/** When more than this waits for a commit (the disk is full, say), no more is read from sockets. */
const MOST_BYTES = 16 * 1024 * 1024;

/** What takes part in ticks: a room. One that throws is told that it {@link failed}; the others go on. */
export interface Participant {
  /** Hands over what is to be appended; what comes later goes into the next tick. */
  gather(): Append;
  /** What was handed over is durable, as so many entries. */
  committed(appended: Appended, entries: number): void;
  /**
   * Nothing of what was handed over was stored, since another node holds the document. It is to be
   * handed over again by the next {@link gather}, before what came since.
   */
  held(): void;
  /**
   * Nothing of what was handed over was stored, or will be: the document has another epoch, or is gone.
   */
  replaced(): void;
  /** What was handed over may or may not have been stored. It takes part in no tick any more. */
  failed(cause: unknown): void;
}

export interface TickOptions {
  /** How many nodes share the store. */
  readonly nodeCount?: () => number;
  /** Takes note of what a participant throws that was told that it failed. */
  readonly lastResort?: OnThrow;
}

/** What a participant has handed over. */
interface Gathered {
  readonly participant: Participant;
  readonly bytes: number;
  readonly append: Append;
}

/**
 * Gather, commit, deliver: updates of all rooms go into one synced batch, and are delivered and
 * acknowledged only when it is on the disk. Never are there two commits at once of one document, nor
 * two ticks. When it is quiet a tick follows at once; under load, what arrives meanwhile shares the
 * next one. A document that another node holds goes into the next tick; see {@link Contention}.
 */
export class Tick {
  /** Called when more waits than should, and again when it does no longer. */
  onCongestion: (congested: boolean) => void = () => {};
  readonly #store: DocumentStore;
  readonly #metrics: Metrics;
  readonly #nodeCount: () => number;
  readonly #lastResort: OnThrow;
  #congested = false;
  #committingBytes = 0;
  /** Who takes part in the next tick, with how many bytes. */
  #waiting = new Map<Participant, number>();
  readonly #contention: Contention;
  readonly #inbox = new Inbox();
  #updates = 0;
  #bytes = 0;
  #committing = false;
  #lastStart = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer ends. */
  #dueAt = 0;
  #immediate: NodeJS.Immediate | undefined;
  /** Who wants to know of the end of the tick that is running, and of the next one. */
  #whenCommitted: (() => void)[] = [];
  #whenGathered: (() => void)[] = [];

  constructor(store: DocumentStore, metrics: Metrics, options: TickOptions = {}) {
    this.#store = store;
    this.#metrics = metrics;
    this.#nodeCount = options.nodeCount ?? (() => 1);
    this.#lastResort = options.lastResort ?? (() => {});
    this.#contention = new Contention({
      store,
      onAnswer: (participant, append, answer) => {
        this.#settle(participant, append, answer);
        this.#noteCongestion();
      },
      onFailed: (participant, cause) => {
        this.#fail(participant, cause);
        this.#noteCongestion();
      },
      onRequested: (participant, requests, bytes) => this.#add(participant, requests, bytes),
    });
  }

  /** A participant has one more update of so many bytes. */
  request(participant: Participant, bytes: number): void {
    if (!this.#contention.postpone(participant, bytes)) this.#add(participant, 1, bytes);
    this.#noteCongestion();
  }

  /**
   * Reads a frame: now, or when the tick begins that is due soon. Nothing of it would be committed sooner.
   * @param read does not throw.
   */
  read(read: () => void, bytes: number): void {
    const isDueSoon = this.#timer !== undefined && this.#dueAt - performance.now() <= INTERVAL_MS;
    // Frames keep their order, also when the tick that they wait for comes earlier.
    if (!isDueSoon && this.#inbox.isEmpty) {
      read();
      return;
    }
    this.#inbox.add(read, bytes);
    if (this.#inbox.isFull) this.#inbox.empty();
  }

  /** Reads the frames that wait, of all connections. */
  readAll(): void {
    this.#inbox.empty();
  }

  /** Resolves when all that was requested before is committed, or has failed. */
  async settled(): Promise<void> {
    this.#inbox.empty();
    await this.#tickEnd();
    while (!this.#contention.isNone) {
      await this.#contention.none();
      await this.#tickEnd();
    }
  }

  #add(participant: Participant, updates: number, bytes: number): void {
    this.#waiting.set(participant, (this.#waiting.get(participant) ?? 0) + bytes);
    this.#updates += updates;
    this.#bytes += bytes;
    this.#schedule();
  }

  /** Resolves when what waits for a tick now has had it. */
  async #tickEnd(): Promise<void> {
    if (this.#waiting.size > 0) {
      await new Promise<void>((resolve) => this.#whenGathered.push(resolve));
    } else if (this.#committing) {
      await new Promise<void>((resolve) => this.#whenCommitted.push(resolve));
    }
  }

  #schedule(): void {
    if (this.#committing || this.#immediate !== undefined) return;
    const others = this.#nodeCount() - 1;
    const interval = Math.min(INTERVAL_MS + INTERVAL_MS_A_NODE * others, MOST_INTERVAL_MS);
    const wait = this.#lastStart + interval - performance.now();
    if (wait <= 0 || this.#updates >= ENOUGH_UPDATES || this.#bytes >= ENOUGH_BYTES) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      // Not at once: the frames that this turn of the event loop still reads come along.
      this.#immediate = setImmediate(() => void this.#run());
    } else {
      if (this.#timer !== undefined) return;
      this.#dueAt = performance.now() + wait;
      this.#timer = setTimeout(() => void this.#run(), wait);
    }
  }

  async #run(): Promise<void> {
    this.#timer = this.#immediate = undefined;
    this.#committing = true;
    this.#lastStart = performance.now();
    this.#inbox.empty();
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#whenCommitted = this.#whenGathered.splice(0);
    this.#committingBytes = this.#bytes;
    this.#updates = this.#bytes = 0;
    const gathered = this.#gather(waiting);
    if (gathered.length > 0) await this.#commit(gathered);
    this.#committing = false;
    this.#committingBytes = 0;
    this.#noteCongestion();
    for (const resolve of this.#whenCommitted.splice(0)) resolve();
    if (this.#waiting.size > 0) this.#schedule();
  }

  #gather(waiting: Iterable<readonly [Participant, number]>): Gathered[] {
    const gathered: Gathered[] = [];
    for (const [participant, bytes] of waiting) {
      this.#contain(participant, () => {
        gathered.push({ participant, bytes, append: participant.gather() });
      });
    }
    return gathered;
  }

  async #commit(gathered: readonly Gathered[]): Promise<void> {
    const start = performance.now();
    let answers: readonly (Appended | NotAppended)[];
    try {
      answers = await this.#store.append(gathered.map(({ append }) => append));
    } catch (cause) {
      this.#committing = false;
      for (const { participant } of gathered) this.#fail(participant, cause);
      return;
    }
    this.#metrics.commitSeconds.observe((performance.now() - start) / 1000);
    this.#metrics.ticks.inc();
    this.#committing = false;
    for (const [index, { participant, bytes, append }] of gathered.entries()) {
      const answer = answers[index];
      if (answer === 'held') this.#held(participant, bytes);
      else this.#settle(participant, append, answer);
    }
  }

  #settle(
    participant: Participant,
    { entries }: Append,
    answer: Exclude<Appended | NotAppended, 'held'> | undefined,
  ): void {
    this.#contain(participant, () => {
      if (answer === undefined) throw new Error('the store did not say what became of the entries');
      if (answer === 'replaced') {
        participant.replaced();
      } else {
        this.#metrics.entriesCommitted.inc(entries.length);
        participant.committed(answer, entries.length);
      }
      this.#contention.over(participant);
    });
  }

  #held(participant: Participant, bytes: number): void {
    this.#contain(participant, () => {
      participant.held();
      const requested = this.#waiting.get(participant) ?? 0;
      if (this.#contention.held(participant, bytes + requested)) this.#add(participant, 0, bytes);
      else if (this.#waiting.delete(participant)) this.#bytes -= requested;
    });
  }

  /** What a participant throws fails it, and nobody else. */
  #contain(participant: Participant, act: () => void): void {
    contain(act, (cause) => this.#fail(participant, cause));
  }

  #fail(participant: Participant, cause: unknown): void {
    this.#bytes -= this.#waiting.get(participant) ?? 0;
    this.#waiting.delete(participant);
    this.#contention.over(participant);
    contain(() => participant.failed(cause), this.#lastResort);
  }

  #noteCongestion(): void {
    const waiting = this.#bytes + this.#committingBytes + this.#contention.bytes;
    const congested = waiting > MOST_BYTES;
    if (congested === this.#congested) return;
    this.#congested = congested;
    this.onCongestion(congested);
  }
}
