import type { DocumentId } from '@syncline/protocol';
import type { Epoch } from '@syncline/storage';
import { Answers } from './answers.ts';
import { CatchUps } from './catch-up.ts';
import type { DocumentLog } from './document-log.ts';
import type { RoomContext } from './room-context.ts';
import { RoomLog } from './room-log.ts';
import type { Session } from './session.ts';
import type { Tombstone } from './tombstone.ts';

export interface LiveLogOptions {
  readonly documentId: DocumentId;
  readonly log: DocumentLog;
  /** By what copies are known that are not welcome. */
  readonly tombstone: Tombstone;
  /** Those of the room, as they come and go. */
  readonly sessions: Iterable<Session>;
  readonly context: RoomContext;
  /** Something was committed. */
  readonly onActivity: () => void;
  readonly onClockJump: (session: Session, clocks: number) => void;
  /** The document has its first entry, and so an epoch. */
  readonly onCreated: (epoch: Epoch) => void;
  /** The store has another log under this name, or none. */
  readonly onReplaced: () => void;
  /** The log can be served no more; it is to be read anew. */
  readonly onFailure: (cause: unknown) => void;
}

/** What a room has once somebody has written to its document: the log, and what is done with it. */
export class LiveLog {
  readonly log: DocumentLog;
  readonly updates: RoomLog;
  readonly answers: Answers;
  readonly catchUps: CatchUps;

  constructor(options: LiveLogOptions) {
    const { documentId, log, context } = options;
    this.log = log;
    this.updates = new RoomLog(options);
    this.answers = new Answers(log);
    this.catchUps = new CatchUps(documentId, context.store, log, this.answers);
  }
}
