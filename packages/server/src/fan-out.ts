import { SyncError } from '@syncline/protocol';
import type { Seq } from '@syncline/storage';
import type { StateVector } from '@syncline/update';
import { contain, type OnThrow } from './bulkhead.ts';
import { Delivery } from './delivery.ts';
import type { DocumentLog } from './document-log.ts';
import type { Metrics } from './metrics.ts';
import type { Entries, Peer, Session } from './session.ts';

/** A session whose socket holds more than this is left behind until it has read. */
export const DEFAULT_BUDGET_BYTES = 4 * 1024 * 1024;
/** Who reads nothing for so long is asked to come back later. */
const GRACE_MS = 30_000;
const CATCH_UP_EVERY_MS = 50;

type ReadableLog = Pick<DocumentLog, 'committedStateVector' | 'head' | 'missingSince'>;

/** Where a slow session stands. */
interface Behind {
  /** What it has. */
  readonly stateVector: StateVector;
  readonly head: Seq;
  readonly since: number;
}

/**
 * Brings committed updates to the sessions of a room. One that reads too slowly is skipped, and
 * gets all that it missed in one piece when its socket has drained: it is a cursor left behind,
 * not a queue that grows.
 */
export class FanOut {
  readonly #budgetBytes: number;
  readonly #log: ReadableLog;
  readonly #metrics: Metrics;
  readonly #onThrow: OnThrow;
  readonly #sessions = new Set<Session>();
  readonly #behind = new Map<Session, Behind>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param log what was delivered so far: an update is added to it after {@link deliver}.
   * @param onThrow ends the room for what was thrown by a timer of its own.
   */
  constructor(log: ReadableLog, budgetBytes: number, metrics: Metrics, onThrow: OnThrow) {
    this.#log = log;
    this.#metrics = metrics;
    this.#budgetBytes = budgetBytes;
    this.#onThrow = onThrow;
  }

  add(session: Session): void {
    this.#sessions.add(session);
  }

  remove(session: Session): void {
    this.#sessions.delete(session);
    this.#behind.delete(session);
  }

  /** Whether a session has been given all that was committed. */
  has(session: Session): boolean {
    return this.#sessions.has(session) && !this.#behind.has(session);
  }

  /** @param except the session that wrote all of the entries, and so has them. */
  deliver(entries: Entries, except: Session | undefined): void {
    const delivery = new Delivery(entries);
    const deliver = (peer: Peer) => peer.deliver(delivery);
    for (const session of this.#sessions) {
      if (session === except || this.#behind.has(session)) continue;
      if (session.bufferedBytes <= this.#budgetBytes) {
        session.tell(deliver);
        this.#metrics.deliveries.inc();
      } else {
        this.#metrics.sessionsLeftBehind.inc();
        const stateVector = new Map(this.#log.committedStateVector);
        const { head } = this.#log;
        this.#behind.set(session, { stateVector, head, since: performance.now() });
        this.#watchSoon();
      }
    }
  }

  #watchSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      contain(() => this.#catchUp(), this.#onThrow);
    }, CATCH_UP_EVERY_MS);
  }

  #catchUp(): void {
    for (const [session, { stateVector, head, since }] of this.#behind) {
      if (session.bufferedBytes === 0) {
        this.#behind.delete(session);
        const update = this.#log.missingSince(stateVector);
        const delivery = new Delivery({ from: head, to: this.#log.head, update });
        session.tell((peer) => peer.deliver(delivery));
      } else if (performance.now() - since > GRACE_MS) {
        session.end(new SyncError('too-slow', 'the socket was not read in time'));
      }
    }
    if (this.#behind.size > 0) this.#watchSoon();
  }
}
