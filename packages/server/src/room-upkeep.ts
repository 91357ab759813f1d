import type { DocumentId } from '@syncline/protocol';
import type { Compactor } from './compaction/compactor.ts';
import { hasOutgrown, isWorthCompacting } from './compaction/policy.ts';
import type { Room } from './room.ts';

const CONSIDER_MS = 500;
/** A document that another node compacts, or that the store cannot give now, is left alone for so long. */
const POSTPONED_MS = 3_000;

export interface RoomUpkeepOptions {
  readonly compactor: Compactor;
  /** A room without edits for so long is compacted, if it is worth it… */
  readonly quietMs: number;
  /** …and unloaded after so long without sessions. */
  readonly unloadMs: number;
  /** Logs in memory should not take more than this; rooms without sessions make way first. */
  readonly memoryBytes: number;
  /** Unloads a room. */
  readonly unload: (room: Room) => void;
}

interface Upkept {
  readonly room: Room;
  /** When something was committed or somebody left, in milliseconds of the monotonic clock. */
  activeAt: number;
  /** Whether compaction was considered since. */
  considered: boolean;
  /** It is not considered before. */
  postponedUntil: number;
}

/** Sees to it that open rooms are compacted when that is worth it, and unloaded when nobody is there. */
export class RoomUpkeep {
  readonly #options: RoomUpkeepOptions;
  readonly #rooms = new Map<DocumentId, Upkept>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: RoomUpkeepOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#considerAll(), CONSIDER_MS).unref();
  }

  add(room: Room): void {
    const activeAt = performance.now();
    this.#rooms.set(room.documentId, { room, activeAt, considered: false, postponedUntil: 0 });
  }

  remove(room: Room): void {
    this.#rooms.delete(room.documentId);
  }

  /** Something was committed, or somebody left. */
  noteActivity(room: Room): void {
    const upkept = this.#rooms.get(room.documentId);
    if (upkept?.room !== room) return;
    upkept.activeAt = performance.now();
    upkept.considered = false;
    if (upkept.activeAt < upkept.postponedUntil || !hasOutgrown(room.log)) return;
    this.#options.compactor.request(room.documentId);
  }

  /** Compaction is for later. */
  postpone(documentId: DocumentId): void {
    const upkept = this.#rooms.get(documentId);
    if (upkept === undefined) return;
    upkept.considered = false;
    upkept.postponedUntil = performance.now() + POSTPONED_MS;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #considerAll(): void {
    const now = performance.now();
    const { quietMs, unloadMs, compactor, memoryBytes, unload } = this.#options;
    let bytes = 0;
    const idle: Upkept[] = [];
    for (const upkept of this.#rooms.values()) {
      const { room, activeAt, considered, postponedUntil } = upkept;
      const quiet = now - activeAt;
      room.contain(() => {
        if (quiet >= quietMs && now >= postponedUntil && !considered) {
          upkept.considered = true;
          if (isWorthCompacting(room.log, room.sessionCount > 0)) {
            compactor.request(room.documentId);
          }
        }
        const isIdle = room.idle;
        if (isIdle && quiet >= unloadMs) {
          unload(room);
        } else {
          bytes += room.log.memory;
          if (isIdle) idle.push(upkept);
        }
      });
    }
    // All that was said to be saved is in the store; forgetting a room forgets nothing else.
    idle.sort((a, b) => a.activeAt - b.activeAt);
    for (const { room } of idle) {
      if (bytes <= memoryBytes) return;
      bytes -= room.log.memory;
      room.contain(() => unload(room));
    }
  }
}
