import { SyncError } from '@syncline/protocol';
import type { StateVector } from '@syncline/update';
import type { Answer, Answers } from './answers.ts';
import type { OnThrow } from './bulkhead.ts';
import type { CatchUp, CatchUps, Cursor } from './catch-up.ts';
import type { Paced } from './paced.ts';
import type { Session } from './session.ts';

export interface JoinsOptions {
  readonly answers: Answers;
  readonly catchUps: CatchUps;
  /** The turns in which joins of all rooms are answered. */
  readonly turns: Paced;
  /** The sessions of the room, as they come and go. */
  readonly sessions: ReadonlySet<Session>;
  /** The session is about to be given all that is committed, and gets what comes from then on. */
  readonly onTurn: (session: Session) => void;
  /** Ends the room for what was thrown when it was a session's turn. */
  readonly onThrow: OnThrow;
}

/** Brings the sessions of a room up to date, each when it is its turn. */
export class Joins {
  readonly #options: JoinsOptions;
  /** What sessions asked for that have not had their turn. */
  readonly #asked = new Map<
    Session,
    { readonly stateVector: StateVector; readonly give: (answer: Answer) => void }
  >();

  constructor(options: JoinsOptions) {
    this.#options = options;
  }

  /** Gives a client with this state vector all that is committed and that it lacks. */
  answer(session: Session, stateVector: StateVector, give: (answer: Answer) => void): void {
    const { answers, turns, onTurn, onThrow } = this.#options;
    const isWaiting = this.#asked.has(session);
    // Who asks again before its turn gets one answer, to what it asked last.
    this.#asked.set(session, { stateVector, give });
    if (isWaiting) return;
    const run = () => {
      const asked = this.#asked.get(session);
      if (asked === undefined) return;
      this.#asked.delete(session);
      onTurn(session);
      const answer = answers.for(asked.stateVector);
      session.tell(() => asked.give(answer));
    };
    turns.run(this.#readerOf(session), run, onThrow);
  }

  /** The same for a client that knows where in the log it stands. */
  catchUp(session: Session, cursor: Cursor, give: (catchUp: CatchUp) => void): void {
    const { catchUps, turns, sessions, onTurn, onThrow } = this.#options;
    const run = (finish: () => CatchUp) => {
      if (!sessions.has(session)) return;
      onTurn(session);
      const catchUp = finish();
      session.tell(() => give(catchUp));
    };
    catchUps.read(cursor).then(
      ({ finish }) => turns.run(this.#readerOf(session), () => run(finish), onThrow),
      (cause: unknown) => {
        session.end(new SyncError('load-failed', 'entries could not be read', { cause }));
      },
    );
  }

  leave(session: Session): void {
    this.#asked.delete(session);
  }

  /** A session as long as it is there. */
  #readerOf(session: Session): { readonly bufferedBytes: number } {
    const { sessions } = this.#options;
    return {
      get bufferedBytes() {
        return sessions.has(session) ? session.bufferedBytes : 0;
      },
    };
  }
}
