import type { Bus } from '@syncline/bus';
import type { DocumentStore } from '@syncline/storage';
import type { Joins } from './joins.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';
import type { Tick } from './tick.ts';

/** What a room needs of the server. */
export interface RoomContext {
  readonly store: DocumentStore;
  readonly bus: Bus;
  readonly tick: Tick;
  readonly joins: Joins;
  readonly metrics: Metrics;
  readonly limits: Limits;
  /** How much a session's socket may hold before it is left behind, in bytes. */
  readonly budgetBytes: number;
  /** Something was committed, or a session left. */
  onActivity(room: Room): void;
  /** A session claims more clocks without content than it may: so texts of others could be swallowed. */
  onClockJump(room: Room, session: Session, clocks: number): void;
  /** The store has another log under this name, or none. */
  onReplaced(room: Room): void;
  /** The room can serve no more; a new one must be made from the store. Does not throw. */
  onFailure(room: Room, cause: unknown): void;
}
