import type { Awareness } from 'y-protocols/awareness';

/** Somebody else who is there: one for each tab or device. */
export interface Person<S> {
  /** Of their Y.Doc. */
  readonly clientId: number;
  /** `user.id` of the state. A server with authentication vouches for it; without, anybody can write anything. '' when there is none. */
  readonly userId: string;
  /** {@link colorOf} the user; of the client when there is no `userId`. */
  readonly color: string;
  /** All fields of the state, also those that other bindings set. It is frozen. */
  readonly state: S;
}

export type PresenceEvent = 'join' | 'update' | 'leave';

export interface PresenceOptions<S> {
  /**
   * Makes a state of what somebody else sent, or undefined to leave them out. Default: any object that is not
   * empty is taken for an S.
   */
  readonly parse?: (state: Readonly<Record<string, unknown>>) => S | undefined;
}

/** The states of those who are there. */
export interface Presence<S extends object> {
  /** What `set` and `update` made; null when nothing is set. */
  readonly self: S | null;
  /** Replaces own fields. Those that other bindings set (an editor's `cursor`) stay. null: takes own ones away. */
  set(state: S | null): void;
  /** Sets some fields; `undefined` takes one away. */
  update(patch: Partial<S>): void;
  /** In the order they came. The same array until something changes; the same person, and the same branches of a state, until they change. */
  readonly others: readonly Person<S>[];
  /**
   * Calls after `self` or `others` changed, once for all that came together.
   *
   * @returns ends it
   */
  subscribe(listener: () => void): () => void;
  /**
   * Calls for each of the others that came, changed, or left (with what was known of them last).
   *
   * @returns ends it
   */
  on(event: PresenceEvent, listener: (person: Person<S>) => void): () => void;
  /** Ends subscriptions and takes own fields away. */
  close(): void;
}

/**
 * Presence on an awareness, `provider.awareness` for one. The fields of S are fields of the awareness state, beside
 * those of other bindings: `user: { name, color }` is shown by the bindings of editors, too.
 */
export function createPresence<S extends object>(
  awareness: Awareness,
  options: PresenceOptions<S> = {},
): Presence<S> {
  throw new Error(`not made yet: ${awareness.clientID} ${typeof options.parse}`);
}
