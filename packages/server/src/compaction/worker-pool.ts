import { WorkerThread } from './worker-thread.ts';

/** A fixed number of threads; more tasks than threads wait for their turn. */
export class WorkerPool {
  readonly #threads: WorkerThread[];
  readonly #free: WorkerThread[];
  readonly #waiting: ((thread: WorkerThread) => void)[] = [];

  constructor(size: number, limits: { limitMs: number; idleMs: number }) {
    this.#threads = Array.from({ length: size }, () => new WorkerThread(limits));
    this.#free = [...this.#threads];
  }

  /** Gives `work` a thread for itself, when there is one. */
  async use<T>(work: (thread: WorkerThread) => Promise<T>): Promise<T> {
    const thread =
      this.#free.pop() ??
      (await new Promise<WorkerThread>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(thread);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(thread);
      else next(thread);
    }
  }

  /** Ends all threads at once; what they were at fails. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
