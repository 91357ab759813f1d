import type {
  Change,
  OfflineDocument,
  OfflineListener,
  OfflineStore,
  Position,
} from '../local-copy.ts';

/** A position alone can wait: it saves a download later, and nothing else. */
const POSITION_DELAY_MS = 300;
/** The tab that made a change sends it; if that is not confirmed for so long, it is gone. */
const ADOPT_MS = 5_000;

export interface RecorderEvents {
  wholeState(): Uint8Array;
  position(): Position;
  /** Another tab changed the document. */
  onChange(update: Uint8Array): void;
  /** Another tab made this, and does not bring it to the server. */
  onOrphan(update: Uint8Array): void;
  onError(error: unknown): void;
}

/** Writes a document's changes to an offline store as they happen, and follows what other tabs write there. */
export class Recorder implements OfflineListener {
  readonly #events: RecorderEvents;
  #document: OfflineDocument | undefined;
  #changes: Change[] = [];
  #isQueued = false;
  #positionTimer: ReturnType<typeof setTimeout> | undefined;
  /** What other tabs made and nobody has confirmed. */
  #foreign: Uint8Array[] = [];
  #adoptTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  private constructor(events: RecorderEvents) {
    this.#events = events;
  }

  /** Opens a document's copy. @throws what the store throws. */
  static async open(
    store: OfflineStore | Promise<OfflineStore>,
    documentId: string,
    events: RecorderEvents,
  ): Promise<{ readonly recorder: Recorder; readonly document: OfflineDocument }> {
    const recorder = new Recorder(events);
    const document = await (await store).open(documentId, recorder);
    recorder.#document = document;
    return { recorder, document };
  }

  /** A change, or a new position alone. */
  record(change?: Change): void {
    if (this.#isClosed) return;
    if (change === undefined) {
      this.#positionTimer ??= setTimeout(() => this.#write(), POSITION_DELAY_MS);
      return;
    }
    this.#changes.push(change);
    if (this.#isQueued) return;
    this.#isQueued = true;
    queueMicrotask(() => this.#write());
  }

  /** Puts the copy away and ends: nothing of it may be written into the one that comes in its place. */
  async putAway(reason: string, unsaved: Uint8Array | undefined): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#positionTimer);
    clearTimeout(this.#adoptTimer);
    try {
      await this.#document?.putAway(reason, unsaved);
    } finally {
      await this.#document?.close();
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#write();
    this.#isClosed = true;
    clearTimeout(this.#adoptTimer);
    await this.#document?.close();
  }

  wholeState(): Uint8Array {
    return this.#events.wholeState();
  }

  onChange({ update, own }: Change): void {
    this.#events.onChange(update);
    if (!own) return;
    this.#foreign.push(update);
    this.#adoptLater();
  }

  onSaved(): void {
    this.#foreign = [];
    clearTimeout(this.#adoptTimer);
    this.#adoptTimer = undefined;
  }

  onError(error: unknown): void {
    this.#events.onError(error);
  }

  #adoptLater(): void {
    this.#adoptTimer ??= setTimeout(() => {
      this.#adoptTimer = undefined;
      for (const update of this.#foreign.splice(0)) this.#events.onOrphan(update);
    }, ADOPT_MS);
  }

  #write(): void {
    clearTimeout(this.#positionTimer);
    this.#positionTimer = undefined;
    this.#isQueued = false;
    if (this.#isClosed) return;
    const position = this.#events.position();
    // What other tabs left is unsaved too, as far as this one knows.
    const foreign = this.#foreign.reduce((sum, update) => sum + update.length, 0);
    const unsavedBytes = position.unsavedBytes + foreign;
    this.#document?.write(this.#changes, { ...position, unsavedBytes });
    this.#changes = [];
  }
}
