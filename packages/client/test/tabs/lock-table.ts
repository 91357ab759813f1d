interface Waiting {
  grant(): void;
}

interface Options {
  readonly ifAvailable?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Exclusive Web Locks in memory, for Node, which has none: a queue for each name. A tab is one `tabOf`; a tab
 * that is killed loses what it holds and waits for, and none of its code is told.
 */
export class LockTable {
  readonly #queues = new Map<string, Waiting[]>();

  /** The locks as one tab has them. */
  tabOf(): TabLocks {
    return new TabLocks(this);
  }

  isFree(name: string): boolean {
    return (this.#queues.get(name) ?? []).length === 0;
  }

  enter(name: string, waiting: Waiting): void {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    queue.push(waiting);
    if (queue.length === 1) queueMicrotask(() => this.#grantFirst(name, waiting));
  }

  leave(name: string, waiting: Waiting): void {
    const queue = this.#queues.get(name) ?? [];
    const index = queue.indexOf(waiting);
    if (index < 0) return;
    queue.splice(index, 1);
    const [next] = queue;
    if (index === 0 && next !== undefined) queueMicrotask(() => this.#grantFirst(name, next));
  }

  #grantFirst(name: string, waiting: Waiting): void {
    if (this.#queues.get(name)?.[0] === waiting) waiting.grant();
  }
}

export class TabLocks {
  readonly #table: LockTable;
  readonly #mine = new Map<Waiting, string>();
  #isKilled = false;

  constructor(table: LockTable) {
    this.#table = table;
  }

  /** What a test gives in the place of `navigator.locks`. */
  get locks(): Pick<LockManager, 'request'> {
    return { request: this.#request } as Pick<LockManager, 'request'>;
  }

  kill(): void {
    this.#isKilled = true;
    for (const [waiting, name] of this.#mine) this.#table.leave(name, waiting);
    this.#mine.clear();
  }

  readonly #request = async (
    name: string,
    { ifAvailable = false, signal }: Options,
    callback: (lock: Lock | null) => unknown,
  ): Promise<unknown> => {
    if (this.#isKilled) return await new Promise(() => {});
    if (ifAvailable && signal !== undefined) throw new DOMException('both', 'NotSupportedError');
    signal?.throwIfAborted();
    if (ifAvailable && !this.#table.isFree(name)) return await callback(null);
    let waiting: Waiting | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiting = { grant: resolve };
        this.#mine.set(waiting, name);
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
        this.#table.enter(name, waiting);
      });
      return await callback({ name, mode: 'exclusive' });
    } finally {
      if (waiting !== undefined && this.#mine.delete(waiting)) this.#table.leave(name, waiting);
    }
  };
}
