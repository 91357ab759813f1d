/** What a message is to the provider's count. */
type Kind =
  /** It is counted. */
  | 'counted'
  /** It came while the client was syncing, and may have been queued before the count was set to 1. */
  | 'early'
  /** It is not counted (any more). */
  | 'silent';

/**
 * Which SyncStatus messages are due. The provider counts what the server has not acknowledged: its
 * SyncStep1 sets the count to 1, each Update adds 1, each status of 1 takes 1 away, and 0 is shown as
 * "saved". So that this is true:
 *
 * - a SyncStep2 gets a status when it answers what the client's newest SyncStep1 began, and none when
 *   the server asked by itself, which the provider did not count;
 * - what was under way when a client's SyncStep1 came gets none: it is in the SyncStep2 too, and its
 *   part of the count is gone;
 * - an Update that comes between the two may be counted or not. Its status is held until nothing that
 *   is counted is under way: then one too many does no harm.
 */
export class Statuses {
  /** The SyncStep1 messages that the client has not answered, by whether their answer is counted. */
  #asked: ('counted' | 'silent')[] = [];
  /** Messages that are on their way to the disk, by their numbers. */
  readonly #underWay = new Map<number, Kind>();
  #number = 0;
  #held = 0;

  /** A SyncStep1 goes to the client. @param by who began */
  asked(by: 'client' | 'server'): void {
    if (by === 'client') {
      this.#asked = this.#asked.map(() => 'silent');
      for (const number of this.#underWay.keys()) this.#underWay.set(number, 'silent');
      this.#held = 0;
    }
    this.#asked.push(by === 'client' ? 'counted' : 'silent');
  }

  /** A SyncStep2 came; its number. */
  step2(): number {
    return this.#begin(this.#asked.shift() ?? 'counted');
  }

  /** An Update came; its number. */
  update(): number {
    return this.#begin(this.#isSyncing ? 'early' : 'counted');
  }

  /** A message is durable. How many statuses of 1 are due now. */
  settled(number: number): number {
    const kind = this.#end(number);
    if (kind === 'early') this.#held++;
    return (kind === 'counted' ? 1 : 0) + this.#takeHeld();
  }

  /** A message was refused. Whether a status of 0 is due. */
  refused(number: number): boolean {
    return this.#end(number) !== 'silent';
  }

  /** A client's SyncStep1 was not answered yet. */
  get #isSyncing(): boolean {
    return this.#asked.includes('counted');
  }

  #begin(kind: Kind): number {
    this.#underWay.set(++this.#number, kind);
    return this.#number;
  }

  #end(number: number): Kind {
    const kind = this.#underWay.get(number) ?? 'silent';
    this.#underWay.delete(number);
    return kind;
  }

  #takeHeld(): number {
    if (this.#isSyncing || [...this.#underWay.values()].includes('counted')) return 0;
    const held = this.#held;
    this.#held = 0;
    return held;
  }
}
