/**
 * Which SyncStatus messages are due. The provider counts what the server has not acknowledged: its
 * SyncStep1 sets the count to 1, each Update adds 1, each status of 1 takes 1 away, and 0 is shown as
 * "saved". So that this is true:
 *
 * - a SyncStep2 gets a status when it answers what the client's own SyncStep1 began, and none when the
 *   server asked by itself, which the provider did not count;
 * - an Update that comes between a client's SyncStep1 and its SyncStep2 was queued before the count
 *   was set to 1: its status is held until that SyncStep2 is durable.
 */
export class Statuses {
  /** The SyncStep1 messages that the client has not answered, by who began. */
  readonly #asked: ('client' | 'server')[] = [];
  #number = 0;
  /** Numbers of the SyncStep2 messages that are on their way to the disk, and of those without a status. */
  readonly #steps = new Set<number>();
  readonly #silent = new Set<number>();
  /** Numbers of Updates whose status waits for a SyncStep2. */
  readonly #early = new Set<number>();
  #held = 0;

  /** A SyncStep1 goes to the client. */
  asked(by: 'client' | 'server'): void {
    this.#asked.push(by);
  }

  /** A SyncStep2 came; its number. */
  step2(): number {
    const number = ++this.#number;
    if (this.#asked.shift() === 'server') this.#silent.add(number);
    else this.#steps.add(number);
    return number;
  }

  /** An Update came; its number. */
  update(): number {
    const number = ++this.#number;
    if (this.#isSyncing) this.#early.add(number);
    return number;
  }

  /** A message is durable. How many statuses of 1 are due now. */
  settled(number: number): number {
    if (this.#silent.delete(number)) return 0;
    if (this.#steps.delete(number)) {
      const due = 1 + this.#held;
      this.#held = 0;
      return due;
    }
    if (!this.#early.delete(number) || !this.#isSyncing) return 1;
    this.#held++;
    return 0;
  }

  /** A message was refused. Whether a status of 0 is due. */
  refused(number: number): boolean {
    this.#early.delete(number);
    this.#steps.delete(number);
    return !this.#silent.delete(number);
  }

  get #isSyncing(): boolean {
    return this.#steps.size > 0 || this.#asked.includes('client');
  }
}
