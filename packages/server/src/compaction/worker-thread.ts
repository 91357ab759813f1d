import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface CompactionTask {
  readonly updates: readonly Uint8Array[];
}
export type CompactionAnswer = { readonly checkpoint: Uint8Array } | { readonly error: string };

/** The worker's file beside this one: a `.ts` in the sources, a `.js` in the build. */
const WORKER = new URL(`./compaction-worker${extname(import.meta.url)}`, import.meta.url);

/** A thread that merges logs. It is started when it is needed, and ended when it is idle or stuck. */
export class WorkerThread {
  readonly #limitMs: number;
  readonly #idleMs: number;
  #worker: Worker | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(limits: { limitMs: number; idleMs: number }) {
    this.#limitMs = limits.limitMs;
    this.#idleMs = limits.idleMs;
  }

  /**
   * Merges a log; one at a time.
   * @throws Error when the log cannot be merged, the thread dies, or the time limit has passed.
   */
  async compact(updates: readonly Uint8Array[]): Promise<Uint8Array> {
    clearTimeout(this.#idleTimer);
    this.#worker ??= new Worker(WORKER);
    const worker = this.#worker;
    let limit: NodeJS.Timeout | undefined;
    try {
      const answer = await new Promise<CompactionAnswer>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', () => reject(new Error('the compaction thread ended')));
        limit = setTimeout(
          () => reject(new Error(`compaction took longer than ${this.#limitMs} ms`)),
          this.#limitMs,
        );
        worker.postMessage({ updates } satisfies CompactionTask);
      });
      if ('error' in answer) throw new Error(answer.error);
      return answer.checkpoint;
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      clearTimeout(limit);
      worker.removeAllListeners();
      this.#idleTimer = setTimeout(() => void this.close(), this.#idleMs).unref();
    }
  }

  /** Ends the thread at once, whatever it does. */
  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}
