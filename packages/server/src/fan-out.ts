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

export interface FanOutOptions {
  /** What was delivered so far: an update is added to it after {@link FanOut.deliver}. */
  readonly log: ReadableLog;
  /** Those of the room. Updates go to those that were given all before. */
  readonly sessions: Iterable<Session>;
  readonly budgetBytes: number;
  readonly metrics: Metrics;
  /** Ends the room for what was thrown by a timer of its own. */
  readonly onThrow: OnThrow;
}

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
  readonly #options: FanOutOptions;
  readonly #behind = new Map<Session, Behind>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  remove(session: Session): void {
    this.#behind.delete(session);
  }

  /** Whether a session has been given all that was committed. */
  has(session: Session): boolean {
    return session.isReader && !this.#behind.has(session);
  }

  /** @param except the session that wrote all of the entries, and so has them. */
  deliver(entries: Entries, except: Session | undefined): void {
    const { log, sessions, budgetBytes, metrics } = this.#options;
    const delivery = new Delivery(entries);
    const deliver = (peer: Peer) => peer.deliver(delivery);
    for (const session of sessions) {
      if (session === except || !this.has(session)) continue;
      if (session.bufferedBytes <= budgetBytes) {
        session.tell(deliver);
        metrics.deliveries.inc();
      } else {
        metrics.sessionsLeftBehind.inc();
        const stateVector = new Map(log.committedStateVector);
        const { head } = log;
        this.#behind.set(session, { stateVector, head, since: performance.now() });
        this.#watchSoon();
      }
    }
  }

  #watchSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      contain(() => this.#catchUp(), this.#options.onThrow);
    }, CATCH_UP_EVERY_MS);
  }

  #catchUp(): void {
    const { log } = this.#options;
    for (const [session, { stateVector, head, since }] of this.#behind) {
      if (session.bufferedBytes === 0) {
        this.#behind.delete(session);
        const update = log.missingSince(stateVector);
        const delivery = new Delivery({ from: head, to: log.head, update });
        session.tell((peer) => peer.deliver(delivery));
      } else if (performance.now() - since > GRACE_MS) {
        session.end(new SyncError('too-slow', 'the socket was not read in time'));
      }
    }
    if (this.#behind.size > 0) this.#watchSoon();
  }
}
