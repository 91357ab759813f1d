/** What a message is to the provider's count. */
type Kind =
  /** It is counted. */
  | 'counted'
  /** It came while the client was syncing, and may have been made before the count was set to 1. */
  | 'early'
  /** It is not counted (any more). */
  | 'silent';

/** A message that is on its way to the disk. */
interface Message {
  readonly kind: Kind;
  /** How many messages that were refused bring their content again with this one. */
  readonly refused: number;
  /** The client's SyncStep1 before it; a later one makes it silent. */
  readonly sync: number;
}

/**
 * Which SyncStatus messages are due. The provider counts what the server has not acknowledged: its
 * SyncStep1 sets the count to 1, each Update adds 1, each status of 1 takes 1 away, and 0 is shown as
 * "saved". So that this is true:
 *
 * - a SyncStep2 gets a status when it answers what the client's newest SyncStep1 began, and none when
 *   the server asked by itself, which the provider did not count;
 * - what was under way when a client's SyncStep1 came gets none: it is in the SyncStep2 too, and its
 *   part of the count is gone;
 * - an Update that comes between the two may have been made before, while there was no socket: then
 *   it is not counted. If that cannot be seen, its status is held until nothing that is counted is
 *   under way: then one too many does no harm;
 * - what was refused stays in the count until a SyncStep2, which brings it again, is durable.
 */
export class Statuses {
  /**
   * SyncStep1 messages that the client has not answered, in order: those whose answers are not counted, the one
   * whose answer is, and those that the server sent after it. Clients may send any number.
   */
  #silent = 0;
  #isCounted = false;
  #silentAfter = 0;
  /** Messages that are on their way to the disk, by their numbers. */
  #underWay: Map<number, Message> | undefined;
  /** How many of them are counted. */
  #counted = 0;
  /** How often the client has begun. */
  #sync = 0;
  #number = 0;
  #held = 0;
  #refused = 0;

  /** A SyncStep1 goes to the client. @param by who began */
  asked(by: 'client' | 'server'): void {
    if (by === 'client') {
      this.#silent += (this.#isCounted ? 1 : 0) + this.#silentAfter;
      this.#isCounted = true;
      this.#silentAfter = 0;
      this.#sync++;
      this.#counted = 0;
      this.#held = 0;
      this.#refused = 0;
    } else if (this.#isCounted) {
      this.#silentAfter++;
    } else {
      this.#silent++;
    }
  }

  /** A SyncStep2 came; its number. */
  step2(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return this.#begin(this.#takeAsked(), refused);
  }

  /**
   * An Update came; its number.
   * @param isOld whether it was made before the client's newest SyncStep1, as far as that is known.
   */
  update(isOld?: boolean): number {
    const early = isOld === undefined ? 'early' : 'silent';
    const isCounted = !this.isSyncing || isOld === false;
    return this.#begin(isCounted ? 'counted' : early, 0);
  }

  /** A message is durable. How many statuses of 1 are due now. */
  settled(number: number): number {
    const { kind, refused } = this.#end(number);
    if (kind === 'early') this.#held++;
    return (kind === 'counted' ? 1 : 0) + refused + this.#takeHeld();
  }

  /** A message was refused. Whether a status of 0 is due. */
  refused(number: number): boolean {
    const { kind, refused } = this.#end(number);
    this.#refused += refused + (kind === 'silent' ? 0 : 1);
    return kind !== 'silent';
  }

  /** A client's SyncStep1 was not answered yet. */
  get isSyncing(): boolean {
    return this.#isCounted;
  }

  #takeAsked(): 'counted' | 'silent' {
    if (this.#silent > 0) {
      this.#silent--;
      return 'silent';
    }
    if (this.#isCounted) {
      this.#isCounted = false;
      this.#silent = this.#silentAfter;
      this.#silentAfter = 0;
    }
    return 'counted'; // also when nobody asked
  }

  #begin(kind: Kind, refused: number): number {
    this.#underWay ??= new Map();
    this.#underWay.set(++this.#number, { kind, refused, sync: this.#sync });
    if (kind === 'counted') this.#counted++;
    return this.#number;
  }

  #end(number: number): Pick<Message, 'kind' | 'refused'> {
    const message = this.#underWay?.get(number);
    this.#underWay?.delete(number);
    if (message?.sync !== this.#sync) return { kind: 'silent', refused: 0 };
    if (message.kind === 'counted') this.#counted--;
    return message;
  }

  #takeHeld(): number {
    if (this.isSyncing || this.#counted > 0) return 0;
    const held = this.#held;
    this.#held = 0;
    return held;
  }
}
