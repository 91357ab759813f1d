/** So many logs are read at a time: more would only wait in the store. */
const MAX_AT_ONCE = 64;

interface Waiting {
  readonly since: number;
  readonly begin: () => void;
}

/** Reads logs in the order in which they were asked for, some at a time. */
export class Loads<Key> {
  /** When those were asked for that are read now. */
  readonly #reading = new Map<Key, number>();
  readonly #waiting = new Map<Key, Waiting>();

  /** For how long who asks for this one now will wait, as far as it can be known, in milliseconds. */
  waitedMs(key: Key): number {
    const next = this.#waiting.values().next().value?.since;
    const since = this.#waiting.get(key)?.since ?? this.#reading.get(key) ?? next;
    return since === undefined ? 0 : performance.now() - since;
  }

  /** Runs a load when it is its turn. There is one of a key at a time. */
  async run<T>(key: Key, load: () => Promise<T>): Promise<T> {
    const since = performance.now();
    if (this.#reading.size < MAX_AT_ONCE) this.#reading.set(key, since);
    else await new Promise<void>((begin) => this.#waiting.set(key, { since, begin }));
    try {
      return await load();
    } finally {
      this.#reading.delete(key);
      this.#beginNext();
    }
  }

  #beginNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    const [key, { since, begin }] = next;
    this.#waiting.delete(key);
    this.#reading.set(key, since);
    begin();
  }
}
