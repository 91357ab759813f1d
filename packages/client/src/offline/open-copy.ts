import type { DocumentId } from '@syncline/protocol';
import { scan } from '@syncline/update';
import {
  type Change,
  type OfflineDocument,
  type OfflineListener,
  type Position,
  START,
} from '../local-copy.ts';
import type { Backend } from './backend.ts';
import { Batch, type ScannedChange } from './batch.ts';
import { commit, NO_STANDING, type Standing, type Written } from './commit.ts';
import { Following } from './following.ts';
import type { Meta } from './meta.ts';
import type { Notice } from './notice.ts';
import { type PutAway, putAway } from './put-away.ts';
import { readWhole } from './stored-copy.ts';
import { Tail } from './tail.ts';

/** What an open copy needs of the store that it is one of. */
export interface Host {
  readonly backend: Backend;
  /** Tells all others that have a document open. */
  tell(notice: Notice, from: OpenCopy): void;
  grew(bytes: number): void;
  closed(copy: OpenCopy): void;
}

/** A put-away that waits to be written. */
interface PendingPutAway extends PutAway {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** One document that is open: gathers what is written, writes it in one transaction at a time, hears others. */
export class OpenCopy implements OfflineDocument {
  readonly documentId: DocumentId;
  updates: readonly Uint8Array[] = [];
  position: Position = START;

  readonly #host: Host;
  readonly #listener: OfflineListener;
  readonly #following: Following;
  readonly #tail = new Tail();
  #standing: Standing = NO_STANDING;
  #meta: Meta | undefined;
  /** Where the Y.Doc is, as far as was said. */
  #newest: Position = START;
  #batch = new Batch();
  /** What is under way into the store. */
  #writing: Batch | undefined;
  #putAway: PendingPutAway | undefined;
  /** Others wrote what did not come along. */
  #isBehind = false;
  /** All that was written could be taken. */
  #isWhole = true;
  #hasFailed = false;
  #running: Promise<void> | undefined;
  /**
   * `opening`: the app has not got it yet. `mute`: after a put-away nothing is passed on before the next
   * write, which shows that the Y.Doc is the new one. `put-away`: another tab met a reset; nothing is written.
   */
  #state: 'opening' | 'open' | 'mute' | 'put-away' | 'closed' = 'opening';
  #closing: Promise<void> | undefined;

  constructor(host: Host, documentId: DocumentId, listener: OfflineListener) {
    this.#host = host;
    this.documentId = documentId;
    this.#listener = listener;
    this.#following = new Following(listener);
  }

  /** Reads the copy. Called once. */
  async open(): Promise<void> {
    const { meta, updates, damage } = await this.#host.backend.transact('write', (transaction) =>
      readWhole(transaction, this.documentId),
    );
    this.updates = updates;
    this.#meta = meta;
    if (meta !== undefined) {
      const { incarnation, head, epoch, cursor, unsavedBytes, savedVector } = meta;
      this.position = { epoch, cursor, unsavedBytes, savedVector };
      this.#newest = this.position;
      this.#standing = { incarnation, seen: head, epoch, contentEpoch: epoch };
      this.#following.ownHead = meta.ownHead;
    }
    // Whoever waits for `open` goes on before timers do.
    setTimeout(() => {
      if (damage !== undefined) this.report(damage);
      if (this.#state === 'opening') this.#state = 'open';
      this.#wake();
    }, 0);
  }

  write(changes: readonly Change[], position: Position): void {
    if (this.#state === 'closed' || this.#state === 'put-away') return;
    this.#state = 'open';
    const scanned = changes.flatMap((change) => this.#scan(change));
    // With a part missing, the copy never gets as far as the position says.
    const place = this.#isWhole ? position : { ...position, epoch: '' };
    this.#batch.add(scanned, place, this.#following.foreign);
    this.#newest = place;
    this.#wake();
  }

  async flush(): Promise<void> {
    this.#wake();
    await this.#running;
  }

  async putAway(reason: string, unsaved: Uint8Array | undefined): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'mute';
    this.#batch = new Batch();
    this.#newest = START;
    await new Promise<void>((done, failed) => {
      this.#putAway = { reason, unsaved, done, failed };
      this.#wake();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Another tab, or another user of this store, wrote. */
  hear(notice: Notice): void {
    if (this.#state === 'put-away' || this.#state === 'mute' || this.#state === 'closed') return;
    const { seen, incarnation } = this.#standing;
    const isSame = notice.incarnation === incarnation;
    if (isSame && notice.saved !== undefined) {
      this.#following.noteSaved(incarnation, notice.saved);
    }
    const isIdle = this.#state === 'open' && this.#running === undefined;
    if (isSame && isIdle && notice.from === seen + 1) {
      const contentEpoch = notice.epoch || this.#standing.contentEpoch;
      this.#standing = { ...this.#standing, seen: notice.to, contentEpoch };
      this.#following.pass(notice.entries, notice.to);
    } else if (!isSame || notice.to > seen) {
      this.#isBehind = true;
      if (this.#state === 'open') this.#wake();
    }
    if (this.#state === 'open') this.#passSaved();
  }

  /** Tells the app, which goes on. */
  report(error: unknown): void {
    this.#listener.onError(error);
  }

  async #close(): Promise<void> {
    await this.flush();
    this.#state = 'closed';
    this.#tail.end(this.#meta);
    await this.flush();
    this.#host.closed(this);
  }

  #scan({ update, own, to }: Change): ScannedChange[] {
    try {
      return [{ content: scan(update), own, to }];
    } catch (error) {
      this.#isWhole = false;
      this.report(error);
      return [];
    }
  }

  #hasWork(): boolean {
    return (
      this.#putAway !== undefined || !this.#batch.isEmpty || this.#isBehind || this.#tail.isDue
    );
  }

  #wake(): void {
    if (this.#running === undefined && this.#hasWork()) this.#running = this.#run();
  }

  /** One transaction after the other, until there is nothing left to do, or one fails. */
  async #run(): Promise<void> {
    try {
      while (this.#hasWork()) {
        if (this.#putAway !== undefined) await this.#writePutAway(this.#putAway);
        else if (this.#isBehind || !this.#batch.isEmpty) await this.#commit();
        else await this.#compact();
        this.#hasFailed = false;
      }
    } catch (error) {
      // A disk that is full is not told of with each key that is pressed.
      if (!this.#hasFailed) this.report(error);
      this.#hasFailed = true;
    } finally {
      this.#running = undefined; // At once: a write that comes in the next microtask has to begin anew.
    }
  }

  async #commit(): Promise<void> {
    const batch = this.#batch;
    this.#batch = new Batch();
    this.#isBehind = false;
    this.#writing = batch;
    const writer = {
      documentId: this.documentId,
      standing: this.#standing,
      position: this.#newest,
      foreign: this.#following.foreign,
      whole: () => ({ update: this.#listener.wholeState(), position: this.#newest }),
    };
    try {
      const outcome = await this.#host.backend.transact('write', (transaction) =>
        commit(transaction, writer, batch),
      );
      this.#writing = undefined;
      if (outcome.kind === 'written') this.#take(outcome);
      else if (this.#putAway === undefined) {
        this.#state = 'put-away';
        this.#batch = new Batch();
        this.report(new Error('another tab put the copy away: changes of this one are not stored'));
      }
    } catch (error) {
      this.#writing = undefined;
      // What belongs to a copy that is put away by now must not come into the next one.
      if (this.#putAway !== undefined) return;
      if (!batch.isEmpty) {
        batch.join(this.#batch);
        this.#batch = batch;
      }
      throw error;
    }
  }

  #take({ standing, meta, missed, entries, saved, grown, damage }: Written): void {
    this.#standing = standing;
    this.#meta = meta;
    if (damage !== undefined) this.report(damage);
    if (meta === undefined) return;
    this.#following.ownHead = meta.ownHead;
    const { documentId } = this;
    const { incarnation, head, epoch } = meta;
    const before = head - entries.length;
    // What is put away by now is nothing for the next Y.Doc.
    if (this.#putAway === undefined) this.#following.pass(missed, before);
    if (entries.length > 0 || saved !== undefined) {
      const news = { documentId, incarnation, epoch, from: before + 1, to: head, entries };
      this.#host.tell(saved === undefined ? news : { ...news, saved }, this);
    }
    this.#passSaved();
    if (grown === 0) return;
    this.#host.grew(grown);
    this.#tail.grew(meta, () => this.#wake());
  }

  async #writePutAway(waiting: PendingPutAway): Promise<void> {
    let incarnation: string;
    try {
      incarnation = await this.#host.backend.transact('write', (transaction) =>
        putAway(transaction, this.documentId, this.#standing, waiting),
      );
    } catch (error) {
      waiting.failed(error); // It is tried again all the same: the old copy must not be written to.
      throw error;
    }
    if (this.#putAway === waiting) this.#putAway = undefined;
    this.#standing = { ...NO_STANDING, incarnation };
    this.#meta = undefined;
    this.#isBehind = false;
    this.#isWhole = true;
    this.#following.reset();
    this.#tail.reset();
    const { documentId } = this;
    this.#host.tell({ documentId, incarnation, epoch: '', from: 1, to: 0, entries: [] }, this);
    waiting.done();
  }

  async #compact(): Promise<void> {
    try {
      const meta = await this.#tail.merge(this.#host.backend, this.documentId);
      if (meta?.incarnation === this.#standing.incarnation) this.#meta = meta;
    } catch (error) {
      this.report(error);
    }
  }

  #passSaved(): void {
    const isWriting = this.#batch.ownBytes > 0 || (this.#writing?.ownBytes ?? 0) > 0;
    this.#following.passSaved(this.#standing, isWriting);
  }
}
