import type { Rights } from '@syncline/protocol';
import * as Y from 'yjs';
import type { ChannelConnection } from './channel-connection.ts';
import { Outbox } from './outbox.ts';
import { refusalOf } from './refusal.ts';

/** What was refused of what goes up. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
}

/**
 * The way of a copy's changes to the server: as they are made while the session may write, else in one
 * difference when it may again (A4, K1 to K6 of the SPEC).
 */
export class Uplink {
  readonly outbox: Outbox;
  readonly #connection: ChannelConnection;
  readonly #doc: Y.Doc;
  readonly #onRejected: (rejection: Rejection) => void;
  /** Of the session; 0: there is none. */
  #channel = 0;
  #mayWrite = false;
  /** The application lets changes out: it knows this schema. */
  #isGateOpen = true;
  /** What the server has of the copy, as it said last. */
  #serverVector = new Uint8Array();
  /** The server lost something: the next difference goes also if it has deletions alone. */
  #isWhole = false;
  #isQueued = false;

  /** @param unsavedBytes of changes that are in the document already */
  constructor(
    connection: ChannelConnection,
    doc: Y.Doc,
    unsavedBytes: number,
    onRejected: (rejection: Rejection) => void,
  ) {
    this.#connection = connection;
    this.#doc = doc;
    this.#onRejected = onRejected;
    this.outbox = new Outbox(unsavedBytes);
  }

  /** Changes go out as they are made. */
  get isSending(): boolean {
    return this.#channel !== 0 && this.#mayWrite && this.#isGateOpen;
  }

  /**
   * A session begins.
   * @param serverVector what the server has
   * @param hasLost the server has less than it had confirmed
   */
  begin(channel: number, serverVector: Uint8Array, hasLost: boolean): void {
    this.#channel = channel;
    this.#serverVector = serverVector.slice();
    this.#isWhole = hasLost;
  }

  /** The session is over: whether the server has what was sent, the next one tells (K6). */
  end(): void {
    this.#channel = 0;
    this.#mayWrite = false;
    this.outbox.end();
  }

  setRights({ write }: Rights): void {
    this.#mayWrite = write;
    this.#sendMissing();
  }

  /** Holds changes back, or lets them out: what was held goes as a difference. */
  setGate(isOpen: boolean): void {
    if (this.#isGateOpen === isOpen) return;
    this.flush();
    this.#isGateOpen = isOpen;
    this.#sendMissing();
  }

  /** A change was made. */
  add(update: Uint8Array): void {
    if (!this.isSending) return this.outbox.keep(update.length);
    this.outbox.gather(update);
    if (this.#isQueued) return;
    this.#isQueued = true;
    // At the end of this task: what one does in a loop goes as one update.
    queueMicrotask(() => {
      this.#isQueued = false;
      this.flush();
    });
  }

  /** Sends what was gathered. */
  flush(): void {
    const update = this.outbox.take();
    if (update === undefined) return;
    if (!this.isSending || !this.#send(update)) this.outbox.keep(update.length);
  }

  /** K5: the server lacks something that an update refers to. */
  answer(stateVector: Uint8Array): void {
    if (this.isSending) this.#send(Y.encodeStateAsUpdate(this.#doc, stateVector));
  }

  /** The server took nothing of an update. */
  reject(number: number, rejection: Rejection): void {
    this.outbox.reject(number, refusalOf(rejection.code, rejection.message));
    this.#onRejected(rejection);
  }

  /**
   * A4: sends what the server lacks. A difference always has all deletions; when nothing else is in it and
   * nothing is unsaved, the server has them.
   */
  #sendMissing(): void {
    if (!this.isSending) return;
    const update = Y.encodeStateAsUpdate(this.#doc, this.#serverVector);
    const hasStructs = update[0] !== 0;
    const isNeeded = hasStructs || ((this.outbox.isBehind || this.#isWhole) && !isEmpty(update));
    this.#isWhole = false;
    if (isNeeded && !this.#send(update)) return;
    this.outbox.caughtUp();
  }

  /** False when the server would not take it. */
  #send(update: Uint8Array): boolean {
    const { updateBytes } = this.#connection.limits;
    if (update.length > updateBytes) {
      const code = 'update-too-large';
      const message = `a change of ${update.length} bytes is more than the server takes (${updateBytes})`;
      this.outbox.fail(refusalOf(code, message));
      this.#onRejected({ code, message });
      return false;
    }
    const number = this.outbox.number(update.length);
    this.#connection.send({ type: 'update', channel: this.#channel, number, update });
    return true;
  }
}

/** No structs and no deletions. */
function isEmpty(update: Uint8Array): boolean {
  return update.length === 2 && update[0] === 0 && update[1] === 0;
}
