import { SyncError } from '@syncline/protocol';
import {
  type Admission,
  type Content,
  type ScannedUpdate,
  scanWithin,
  UpdateError,
} from '@syncline/update';
import { type DocumentLog, ENTRY_OVERHEAD_BYTES } from './document-log.ts';
import { bytesOf, type HeldUpdates } from './held-updates.ts';
import { hollowClocksOf } from './hollow-clocks.ts';
import type { Limits } from './limits.ts';
import { withOwnBytes } from './own-bytes.ts';
import type { Session } from './session.ts';
import { clocksOf, refuseCopy, type Tombstone } from './tombstone.ts';

export interface IntakeOptions {
  readonly log: DocumentLog;
  readonly held: HeldUpdates;
  /** By what copies are known that are not welcome. */
  readonly tombstone: Tombstone;
  readonly limits: Limits;
  /** A session claims more clocks without content than it may: so texts of others could be swallowed. */
  readonly onClockJump: (session: Session, clocks: number) => void;
}

/** A smaller update is looked at as fast as it is found to be known. */
const MIN_REMEMBERED_BYTES = 256;

const NOTHING: Admission = { news: undefined, held: undefined };

/** What a room takes of an update, and what it refuses. Nothing is changed by a look. */
export class Intake {
  readonly #options: IntakeOptions;
  /**
   * The last update that brought nothing new: all who come back after a break bring the same, with all
   * that was ever deleted. A document can rest for long, so it does not keep that in memory.
   */
  #known: WeakRef<Uint8Array> | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Looks at what a session brings.
   * @throws SyncError `update-refused`, and for what the session may not bring: see `Session.offer`.
   */
  look(session: Session, update: Uint8Array): Admission {
    if (this.#isKnown(update)) return NOTHING;
    // A copy: a frame is a view into a buffer of the socket, which it would keep in memory.
    const content = this.#scan(update.slice());
    const admission = withOwnBytes(content, this.#options.log.look(content));
    this.refuseCopy(clocksOf(content));
    const { news, held } = admission;
    if (news === undefined && held === undefined) {
      if (update.length >= MIN_REMEMBERED_BYTES) this.#known = new WeakRef(content.bytes);
      return admission;
    }
    if (!session.rights.write) {
      throw new SyncError('read-only', 'this session may not change the document');
    }
    this.#checkSize(content, news);
    const hollow = this.#countHollow(session, admission);
    const { pendingBytes } = this.#options.limits;
    if (
      held !== undefined &&
      !this.#options.held.hasRoomFor(session, bytesOf(held), pendingBytes)
    ) {
      throw new SyncError(
        'pending-too-large',
        `what lies behind gaps is over limits.pendingBytes (${pendingBytes})`,
      );
    }
    this.#charge(session, admission);
    session.hollowClocks = hollow;
    return admission;
  }

  /**
   * @param clocks how far a copy has each client
   * @throws SyncError `document-deleted`, `document-replaced` when it is not welcome
   */
  refuseCopy(clocks: Iterable<readonly [client: number, clock: number]>): void {
    const { tombstone, log } = this.#options;
    refuseCopy(tombstone, log.stateVector, clocks);
  }

  #isKnown(update: Uint8Array): boolean {
    if (update.length < MIN_REMEMBERED_BYTES) return false;
    const known = this.#known?.deref();
    return known?.length === update.length && Buffer.compare(known, update) === 0;
  }

  #scan(update: Uint8Array): ScannedUpdate {
    const { updateStructs, documentClients, documentRanges } = this.#options.limits;
    const bounds = { structs: updateStructs, clients: documentClients, ranges: documentRanges };
    try {
      return scanWithin(update, bounds);
    } catch (cause) {
      if (!(cause instanceof UpdateError)) throw cause;
      throw new SyncError(cause.code, `the update was refused: ${cause.message}`, { cause });
    }
  }

  #checkSize({ bytes }: ScannedUpdate, news: Content | undefined): void {
    const { log, limits } = this.#options;
    const { clients, ranges } = log.sizeWith(news);
    const sizes = {
      documentBytes: log.bytes + bytes.length,
      documentClients: clients,
      documentRanges: ranges,
    };
    for (const [limit, size] of Object.entries(sizes) as [keyof typeof sizes, number][]) {
      if (size <= limits[limit]) continue;
      throw new SyncError(
        'document-too-large',
        `the document would outgrow limits.${limit} (${limits[limit]})`,
      );
    }
  }

  /** What is new counts as stored, also where it waits for what is missing. */
  #charge({ account }: Session, { news, held }: Admission): void {
    const { epoch, stateVector } = this.#options.log;
    if (news !== undefined && epoch === undefined && stateVector.size === 0) account.create();
    account.store(storedBytesOf(news) + storedBytesOf(held));
  }

  #countHollow(session: Session, { news, held }: Admission): number {
    const { limits, onClockJump } = this.#options;
    let hollow = session.hollowClocks;
    for (const part of [news, held]) if (part !== undefined) hollow += hollowClocksOf(part);
    if (hollow <= limits.hollowClocks) return hollow;
    onClockJump(session, hollow);
    throw new SyncError(
      'clock-jump',
      `${hollow} clocks without content are over limits.hollowClocks (${limits.hollowClocks})`,
    );
  }
}

/** About what it takes in the store to keep a range of what was deleted, in bytes. */
const RANGE_BYTES = 8;

/** About what a content takes in the store, in bytes. */
function storedBytesOf(content: Content | undefined): number {
  if (content === undefined) return 0;
  let bytes = ENTRY_OVERHEAD_BYTES;
  for (const { from, to } of content.runs) bytes += to - from;
  for (const ranges of content.deletes.values()) bytes += (ranges.length / 2) * RANGE_BYTES;
  return bytes;
}
