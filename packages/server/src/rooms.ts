import type { Bus, DocumentMessage, NodeId } from '@syncline/bus';
import { type DocumentId, SyncError } from '@syncline/protocol';
import type { DocumentStore, Seq } from '@syncline/storage';
import type { Logger } from 'pino';
import type { EndSessions } from './admin/store-operator.ts';
import { mustBeSoon } from './admission.ts';
import { contain } from './bulkhead.ts';
import type { CompactionResult } from './compaction/compactor.ts';
import { Joins } from './joins.ts';
import type { Limits } from './limits.ts';
import { Loads } from './loads.ts';
import type { Metrics } from './metrics.ts';
import { Room } from './room.ts';
import type { RoomContext } from './room-context.ts';
import { RoomUpkeep, type RoomUpkeepOptions } from './room-upkeep.ts';
import { Tick } from './tick.ts';

export interface RoomsOptions extends Omit<RoomUpkeepOptions, 'unload'> {
  readonly store: DocumentStore;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly budgetBytes: number;
  readonly metrics: Metrics;
  readonly limits: Limits;
}

/** Why sessions end whose room does not hold any more; they find out the rest when they come back. */
const LOADED_ANEW = new SyncError('load-failed', 'the document is loaded anew; reconnect');

/** What other nodes say of a document whose room is being made from the store. */
interface Heard {
  /** Up to where its log has grown. */
  upTo: Seq;
  /** Whether it is another log. */
  isReplaced: boolean;
}

/** The rooms that are open: made when somebody comes, forgotten when nobody is there. */
export class Rooms {
  readonly tick: Tick;
  readonly #options: RoomsOptions;
  readonly #context: RoomContext;
  readonly #loads = new Loads<DocumentId>();
  readonly #loading = new Map<
    DocumentId,
    { readonly room: Promise<Room>; readonly heard: Heard }
  >();
  readonly #live = new Map<DocumentId, Room>();
  /** The last exclusive task of a document, which may not have begun. */
  readonly #exclusive = new Map<DocumentId, Promise<unknown>>();
  readonly #quarantined = new Set<DocumentId>();
  readonly #upkeep: RoomUpkeep;

  constructor(options: RoomsOptions) {
    this.#options = options;
    const { store, bus, budgetBytes, compactor, metrics, limits } = options;
    const lastResort = (err: unknown) => options.logger.error({ err }, 'a room could not be ended');
    this.tick = new Tick(store, metrics, { nodeCount: () => bus.nodeCount, lastResort });
    this.#context = {
      store,
      bus,
      tick: this.tick,
      joins: new Joins(),
      metrics,
      limits,
      budgetBytes,
      onActivity: (room) => this.#upkeep.noteActivity(room),
      onReplaced: (room) => this.#replaced(room, LOADED_ANEW),
      onFailure: (room, cause) => {
        const { documentId } = room;
        options.logger.error({ documentId, err: cause }, 'a room failed; it is loaded anew');
        contain(() => this.#forget(room), lastResort);
      },
      onClockJump: ({ documentId }, { userId }, clocks) => {
        metrics.clockJumps.inc();
        options.logger.warn({ documentId, userId, clocks }, 'a session claims too many clocks');
      },
    };
    compactor.events = {
      onCompacted: (result, milliseconds) => {
        metrics.compactionSeconds.observe(milliseconds / 1000);
        metrics.entriesSetAside.inc(result.setAside.length);
        this.#compacted(result);
      },
      onFailed: () => metrics.compactionsFailed.inc(),
      onPostponed: (documentId) => this.#upkeep.postpone(documentId),
    };
    this.#upkeep = new RoomUpkeep({ ...options, unload: (room) => this.#forget(room) });
  }

  get size(): number {
    return this.#live.size;
  }

  /** About how many bytes the logs in memory take. */
  get bytes(): number {
    return this.open.reduce((sum, room) => sum + room.log.memory, 0);
  }

  /** How many bytes of updates wait behind gaps. */
  get heldBytes(): number {
    return this.open.reduce((sum, room) => sum + room.heldBytes, 0);
  }

  /** How many documents were found to be damaged, and are not served. */
  get quarantined(): number {
    return this.#quarantined.size;
  }

  /** The rooms that are open now. */
  get open(): readonly Room[] {
    return [...this.#live.values()];
  }

  /** @throws SyncError `server-busy` when who joins now would wait too long for its turn. */
  mustBeSoon(): void {
    mustBeSoon(this.#context.joins.waitedMs, this.#options.limits.joinWaitMs);
  }

  has(documentId: DocumentId): boolean {
    return this.#live.has(documentId) || this.#loading.has(documentId);
  }

  /**
   * The room of a document, loaded from the store when it is not open. Join it at once: a room
   * without sessions may be gone in a later turn of the event loop.
   * @throws SyncError `load-failed`, `store-damaged`, `server-busy`
   */
  async enter(documentId: DocumentId): Promise<Room> {
    for (let task = this.#exclusive.get(documentId); task !== undefined; ) {
      await task;
      task = this.#exclusive.get(documentId);
    }
    const live = this.#live.get(documentId);
    if (live !== undefined) return live;
    mustBeSoon(this.#loads.waitedMs(documentId), this.#options.limits.joinWaitMs);
    const loading = this.#loading.get(documentId);
    return await (loading?.room ?? this.#load(documentId));
  }

  /** Takes what another node tells of a document. */
  hear(documentId: DocumentId, message: DocumentMessage, node: NodeId): void {
    const loading = this.#loading.get(documentId);
    if (loading !== undefined) {
      const { heard } = loading;
      if (message.type === 'replaced') heard.isReplaced = true;
      if (message.type === 'entries') heard.upTo = Math.max(heard.upTo, message.to) as Seq;
      return;
    }
    const room = this.#live.get(documentId);
    if (room === undefined) return;
    if (message.type === 'replaced') {
      this.#replaced(room, new SyncError(message.code, message.message));
    } else {
      room.hear(message, node);
    }
  }

  /** What other nodes said may have been lost: rooms that are being made look once more when they are. */
  missed(): void {
    for (const { heard } of this.#loading.values()) heard.upTo = Infinity as Seq;
  }

  /**
   * Ends the sessions of a document and forgets its room, once what they sent is committed: for a
   * change to the log that goes past the room. Who comes back gets a room made from the store.
   */
  async end(documentId: DocumentId, reason: SyncError): Promise<void> {
    const room = (await this.#loading.get(documentId)?.room) ?? this.#live.get(documentId);
    if (room === undefined) return;
    this.tick.readAll();
    room.end(reason);
    await this.tick.settled();
    this.#forget(room);
  }

  /**
   * Runs a task that changes a document's log past its room: it {@link end ends} the sessions first, and
   * who comes meanwhile waits, and gets a room made from what the task left. The other nodes end theirs
   * when it is done. Tasks of one document run one after the other.
   */
  async exclusive<T>(documentId: DocumentId, task: (end: EndSessions) => Promise<T>): Promise<T> {
    const before = this.#exclusive.get(documentId);
    const run = (async () => {
      await before;
      let told = undefined as SyncError | undefined;
      const result = await task(async (reason) => {
        // Who waits for a room that is loading gets it, and a session in it, within this turn.
        await this.#loading.get(documentId)?.room.catch(() => {});
        await new Promise<void>((resolve) => setImmediate(resolve));
        await this.end(documentId, reason);
        told = reason;
      });
      if (told !== undefined) {
        this.#options.bus.tell(documentId, { type: 'replaced', ...reasonOf(told) });
      }
      return result;
    })();
    const settled = run.catch(() => {});
    this.#exclusive.set(documentId, settled);
    try {
      return await run;
    } finally {
      if (this.#exclusive.get(documentId) === settled) this.#exclusive.delete(documentId);
    }
  }

  /** How many sessions a document has. */
  sessionCount(documentId: DocumentId): number {
    return this.#live.get(documentId)?.sessionCount ?? 0;
  }

  close(): void {
    this.#upkeep.close();
  }

  #load(documentId: DocumentId): Promise<Room> {
    const heard: Heard = { upTo: 0 as Seq, isReplaced: false };
    const room = this.#read(documentId, heard).finally(() => this.#loading.delete(documentId));
    this.#loading.set(documentId, { room, heard });
    return room;
  }

  async #read(documentId: DocumentId, heard: Heard): Promise<Room> {
    const { bus, logger, compactor } = this.#options;
    try {
      // Before the log is read, so that nothing is appended between the two that nobody tells.
      await bus.join(documentId);
      let room: Room;
      do {
        heard.isReplaced = false;
        room = await this.#loads.run(documentId, () => Room.load(documentId, this.#context));
      } while (heard.isReplaced);
      this.#quarantined.delete(documentId);
      this.#live.set(documentId, room);
      this.#upkeep.add(room);
      if (heard.upTo > room.log.head) void room.read();
      bus.tell(documentId, { type: 'who' });
      if (room.log.unreadable.length > 0) {
        const seqs = room.log.unreadable;
        logger.error({ documentId, seqs }, 'entries cannot be read, and are left out');
        compactor.request(documentId); // sets them aside
      }
      return room;
    } catch (error) {
      bus.leave(documentId);
      if (error instanceof SyncError && error.code === 'store-damaged') {
        this.#quarantined.add(documentId);
      }
      throw error;
    }
  }

  /** The log is another one: nothing of the room holds any more. */
  #replaced(room: Room, reason: SyncError): void {
    this.#forget(room);
    room.end(reason);
  }

  /** Forgets a room, unless another one has taken its place. */
  #forget(room: Room): void {
    const { documentId } = room;
    room.close();
    if (this.#live.get(documentId) !== room) return;
    this.#live.delete(documentId);
    this.#upkeep.remove(room);
    this.#options.bus.leave(documentId);
  }

  #compacted({ documentId, epoch, seq, checkpoint, covered, setAside }: CompactionResult): void {
    const { bus } = this.#options;
    if (setAside.length === 0) bus.tell(documentId, { type: 'compacted', epoch, seq });
    // Rooms have served what only now was found to be unreadable, and must forget it.
    else bus.tell(documentId, { type: 'replaced', ...reasonOf(LOADED_ANEW) });
    const room = this.#live.get(documentId);
    if (room?.log.epoch !== epoch) return;
    room.rebase(checkpoint, covered);
    if (setAside.some((seq) => !room.log.unreadable.includes(seq))) {
      void this.end(documentId, LOADED_ANEW);
    }
  }
}

function reasonOf({ code, message }: SyncError) {
  return { code, message };
}
