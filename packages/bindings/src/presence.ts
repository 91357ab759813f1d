import type { Awareness } from 'y-protocols/awareness';
import { colorOf } from './color.ts';
import { Listeners } from './listeners.ts';
import { define, isRecord, share } from './share.ts';

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
   * Makes a state of what somebody else sent, or undefined to leave them out; one that it throws for is left out, too.
   * It is the one place where an application looks at what others sent. Default: any object that is not empty is taken for
   * an S, when `name`, `color` and `id` of its `user` are strings as far as they are there.
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
  return new AwarenessPresence<S>(awareness, options.parse ?? (anyState as Parse<S>));
}

type Parse<S> = (state: Readonly<Record<string, unknown>>) => S | undefined;

/** Awareness begins with an empty state: of who has nothing to say. */
function anyState(state: Readonly<Record<string, unknown>>): object | undefined {
  return Object.keys(state).length === 0 || !isUser(field(state, 'user')) ? undefined : state;
}

/** What editors and applications write on a page is a string, or not there. */
function isUser(user: unknown): boolean {
  if (!isRecord(user)) return true;
  return ['name', 'color', 'id'].every((key) => {
    const value = field(user, key);
    return value === undefined || typeof value === 'string';
  });
}

function field(record: unknown, key: string): unknown {
  return isRecord(record) && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** What a client sent, without what cannot be used; and what was made of it. */
interface Seen<S> {
  readonly given: object;
  readonly raw: Readonly<Record<string, unknown>>;
  /** undefined when the parser left it out */
  readonly person: Person<S> | undefined;
}

class AwarenessPresence<S extends object> implements Presence<S> {
  readonly #awareness: Awareness;
  readonly #parse: Parse<S>;
  readonly #seen = new Map<number, Seen<S>>();
  readonly #listeners = new Listeners();
  readonly #events: Readonly<Record<PresenceEvent, Listeners<[Person<S>]>>> = {
    join: new Listeners(),
    update: new Listeners(),
    leave: new Listeners(),
  };
  /** The fields of the local state that are ours. */
  #own: readonly string[] | null = null;
  #self: S | null = null;
  #others: readonly Person<S>[] = Object.freeze([]);
  #isClosed = false;

  constructor(awareness: Awareness, parse: Parse<S>) {
    this.#awareness = awareness;
    this.#parse = parse;
    this.#look();
    awareness.on('change', this.#onChange);
  }

  get self(): S | null {
    return this.#self;
  }

  get others(): readonly Person<S>[] {
    return this.#others;
  }

  set(state: S | null): void {
    if (this.#isClosed) return;
    const before = this.#awareness.getLocalState();
    const next: Record<string, unknown> = { ...before };
    for (const field of this.#own ?? []) delete next[field];
    const fields = Object.entries(state ?? {}).filter(([, value]) => value !== undefined);
    // Not by assigning: a field can be called __proto__.
    for (const [field, value] of fields) define(next, field, value);
    this.#own = state === null ? null : fields.map(([field]) => field);
    const isGone = state === null && Object.keys(next).length === 0;
    // Each state that is set goes to everybody, also one that they have.
    if (isGone ? before !== null : before === null || share(before, next) !== before) {
      this.#awareness.setLocalState(isGone ? null : next);
    }
    this.#tellIf(this.#lookAtSelf());
  }

  update(patch: Partial<S>): void {
    this.set({ ...this.#pickOwn(), ...patch } as S);
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  on(event: PresenceEvent, listener: (person: Person<S>) => void): () => void {
    return this.#events[event].add(listener);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#listeners.clear();
    for (const listeners of Object.values(this.#events)) listeners.clear();
    this.#awareness.off('change', this.#onChange);
    if (this.#own !== null) this.set(null);
    this.#isClosed = true;
  }

  /** The removal of who was unknown, and our own renewal, change nothing. */
  readonly #onChange = (): void => {
    const isSelfNew = this.#lookAtSelf();
    const events = this.#look();
    this.#tellIf(isSelfNew || events.length > 0);
    for (const [event, person] of events) this.#events[event].call(person);
  };

  #tellIf(isNew: boolean): void {
    if (isNew) this.#listeners.call();
  }

  #pickOwn(): S | null {
    const local = this.#awareness.getLocalState();
    if (this.#own === null || local === null) return null;
    const own = this.#own.filter((field) => Object.hasOwn(local, field));
    // fromEntries defines its fields, too.
    return Object.fromEntries(own.map((field) => [field, local[field]])) as S;
  }

  #lookAtSelf(): boolean {
    const before = this.#self;
    this.#self = share(before, this.#pickOwn()) as S | null;
    return before !== this.#self;
  }

  /**
   * Compares with what is there, all of it: awareness calls who comes back "updated", and this way nothing can be
   * missed. What is unchanged costs a comparison of two references.
   */
  #look(): [PresenceEvent, Person<S>][] {
    const events: [PresenceEvent, Person<S>][] = [];
    const { states, clientID } = this.#awareness;
    for (const [clientId, { person }] of this.#seen) {
      if (isRecord(states.get(clientId))) continue;
      this.#seen.delete(clientId);
      if (person !== undefined) events.push(['leave', person]);
    }
    for (const [clientId, state] of states as Map<number, unknown>) {
      if (clientId === clientID || !isRecord(state)) continue;
      const before = this.#seen.get(clientId);
      // Awareness keeps the object that it was given until there is another.
      if (before !== undefined && before.given === state) continue;
      const raw = share(before?.raw, state) as Readonly<Record<string, unknown>>;
      const isSame = before !== undefined && raw === before.raw;
      const person = isSame ? before.person : this.#personOf(clientId, raw, before?.person);
      this.#seen.set(clientId, { given: state, raw, person });
      if (person === before?.person) continue;
      if (person === undefined) events.push(['leave', before?.person as Person<S>]);
      else events.push([before?.person === undefined ? 'join' : 'update', person]);
    }
    if (events.length > 0) {
      const people = [...this.#seen.values()].flatMap(({ person }) => person ?? []);
      this.#others = Object.freeze(people);
    }
    return events;
  }

  #personOf(
    clientId: number,
    raw: Readonly<Record<string, unknown>>,
    before: Person<S> | undefined,
  ): Person<S> | undefined {
    let state: S | undefined;
    try {
      state = this.#parse(raw);
    } catch {
      // Whoever sends what a parser does not expect is left out, and harms nobody else.
    }
    // In JavaScript, a parser can give anything.
    if (typeof state !== 'object' || state === null) return undefined;
    const shared = share(before?.state, state) as S;
    const id = field(field(raw, 'user'), 'id');
    const userId = typeof id === 'string' ? id : '';
    if (before !== undefined && shared === before.state && userId === before.userId) return before;
    const color = colorOf(userId === '' ? clientId : userId);
    return Object.freeze({ clientId, userId, color, state: shared });
  }
}
