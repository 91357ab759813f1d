import { joinUpdates } from './join-updates.ts';

/** An update that was sent and is not answered. */
interface Sent {
  readonly number: number;
  readonly bytes: number;
  /** The last change that it holds. */
  readonly change: number;
}

/** Somebody who waits until a change is durable. */
interface Waiter {
  readonly change: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * The changes of a document on their way to the server: counted when they are made, gathered into
 * numbered updates, done when those are answered (K1 to K6 of the SPEC).
 */
export class Outbox {
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #sent: Sent[] = [];
  #sentBytes = 0;
  /** Of changes that are in no update of this session: the next difference has them. */
  #keptBytes: number;
  #number = 0;
  #change = 0;
  #savedChange = 0;
  #waiters: Waiter[] = [];

  /** @param keptBytes of changes that are in the document already */
  constructor(keptBytes: number) {
    this.#keptBytes = keptBytes;
    if (keptBytes > 0) this.#change = 1;
  }

  /** Bytes of all changes that the server has not answered. 0: all is durable. */
  get unsavedBytes(): number {
    return this.#keptBytes + this.#gatheredBytes + this.#sentBytes;
  }

  /** There are changes that only a difference of the whole document can bring. */
  get isBehind(): boolean {
    return this.#keptBytes > 0;
  }

  /** Updates were sent and are not answered. */
  get isWaiting(): boolean {
    return this.#sent.length > 0;
  }

  /** A change that cannot be sent now. */
  keep(bytes: number): void {
    this.#change++;
    this.#keptBytes += bytes;
  }

  /** A change to be sent with the next {@link take}. */
  gather(update: Uint8Array): void {
    this.#change++;
    this.#gathered.push(update);
    this.#gatheredBytes += update.length;
  }

  /** What was gathered, as one update; undefined: nothing was. */
  take(): Uint8Array | undefined {
    const gathered = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return joinUpdates(gathered);
  }

  /** Counts an update that goes out now, and returns its number. */
  number(bytes: number): number {
    const number = ++this.#number;
    this.#sent.push({ number, bytes, change: this.#change });
    this.#sentBytes += bytes;
    return number;
  }

  /** The difference to the server was sent, or there is none: nothing is kept any more. */
  caughtUp(): void {
    this.#keptBytes = 0;
    this.#settle();
  }

  /** The server answered all up to a number. */
  acknowledge(through: number): void {
    const first = this.#sent.findIndex((sent) => sent.number > through);
    const done = this.#sent.splice(0, first === -1 ? this.#sent.length : first);
    for (const { bytes, change } of done) {
      this.#sentBytes -= bytes;
      if (!this.isBehind) this.#savedChange = Math.max(this.#savedChange, change);
    }
    this.#settle();
  }

  /** The server took nothing of an update: its changes stay unsaved. */
  reject(number: number, error: Error): void {
    const at = this.#sent.findIndex((sent) => sent.number === number);
    const [sent] = at === -1 ? [] : this.#sent.splice(at, 1);
    if (sent === undefined) return;
    this.#sentBytes -= sent.bytes;
    this.#keptBytes += sent.bytes;
    this.fail(error);
  }

  /** The session is over: whether the server has what was sent, the next one tells (K6). */
  end(): void {
    this.#keptBytes += this.#gatheredBytes + this.#sentBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#sent = [];
    this.#sentBytes = 0;
    this.#number = 0;
  }

  /** Resolves when all changes made so far are durable. @throws SyncError when they will not be. */
  saved(): Promise<void> {
    if (this.unsavedBytes === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ change: this.#change, resolve, reject });
    });
  }

  /** Who waits is told that it does not come about. */
  fail(error: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #settle(): void {
    if (this.unsavedBytes === 0) this.#savedChange = this.#change;
    if (this.#waiters.length === 0) return;
    const waiting = this.#waiters;
    this.#waiters = waiting.filter(({ change }) => change > this.#savedChange);
    for (const waiter of waiting) if (waiter.change <= this.#savedChange) waiter.resolve();
  }
}
