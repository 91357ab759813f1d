import { SyncError } from '@syncline/protocol';
import type { StateVector } from '@syncline/update';
import type { Answer } from './answers.ts';
import type { CatchUp, Cursor } from './catch-up.ts';
import { Paced } from './paced.ts';
import type { Session } from './session.ts';

/** What a join needs of its room. */
export interface Joined {
  /** What a client with this state vector lacks, as of now. */
  answerTo(stateVector: StateVector): Answer;
  /** The same for a client that knows where in the log it stands; `finish` gives it as of when it is called. */
  readFor(cursor: Cursor): Promise<{ readonly finish: () => CatchUp }>;
  /** Ends the room. */
  fail(cause: unknown): void;
}

/** Brings sessions up to date, each when it is its turn. Those of all rooms stand in one line. */
export class Joins {
  readonly #turns = new Paced();
  /** What sessions asked for that have not had their turn. */
  readonly #asked = new Map<
    Session,
    { readonly stateVector: StateVector; readonly give: (answer: Answer) => void }
  >();

  /** For how long the one whose turn is next has waited, in milliseconds. */
  get waitedMs(): number {
    return this.#turns.waitedMs;
  }

  /** Gives a client with this state vector all that is committed and that it lacks. */
  answer(
    room: Joined,
    session: Session,
    stateVector: StateVector,
    give: (answer: Answer) => void,
  ): void {
    const isWaiting = this.#asked.has(session);
    // Who asks again before its turn gets one answer, to what it asked last.
    this.#asked.set(session, { stateVector, give });
    if (isWaiting) return;
    this.#takeTurn(room, session, () => {
      const asked = this.#asked.get(session);
      if (asked === undefined) return;
      this.#asked.delete(session);
      session.isReader = true;
      const answer = room.answerTo(asked.stateVector);
      session.tell(() => asked.give(answer));
    });
  }

  /** The same for a client that knows where in the log it stands. */
  catchUp(room: Joined, session: Session, cursor: Cursor, give: (catchUp: CatchUp) => void): void {
    const run = (finish: () => CatchUp) => {
      if (!session.isOpen) return;
      session.isReader = true;
      const catchUp = finish();
      session.tell(() => give(catchUp));
    };
    room.readFor(cursor).then(
      ({ finish }) => this.#takeTurn(room, session, () => run(finish)),
      (cause: unknown) => {
        session.end(new SyncError('load-failed', 'entries could not be read', { cause }));
      },
    );
  }

  leave(session: Session): void {
    this.#asked.delete(session);
  }

  /** A session that is gone has nothing in its socket, and waits for nothing. */
  #takeTurn(room: Joined, session: Session, run: () => void): void {
    this.#turns.run(session, run, (cause) => room.fail(cause));
  }
}
