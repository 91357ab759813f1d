import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { StoredLog } from '../stored-log.ts';
import type { Merged } from './compact.ts';
import { packLog } from './packed-log.ts';

export type CompactionAnswer = { readonly merged: Merged } | { readonly error: string };

/**
 * The built worker, also where this runs from the sources: a thread cannot load TypeScript. For the
 * same reason it does not inherit the process's conditions for resolving packages.
 */
const WORKER = createRequire(import.meta.url).resolve('@syncline/server/compaction-worker');

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
  async compact(log: StoredLog): Promise<Merged> {
    clearTimeout(this.#idleTimer);
    this.#worker ??= new Worker(WORKER, { execArgv: [] });
    const worker = this.#worker;
    const ended = new AbortController();
    const limit = setTimeout(() => ended.abort(), this.#limitMs);
    const onExit = () => ended.abort();
    worker.once('exit', onExit);
    try {
      // Rejects when the thread throws, and when it has ended.
      const answered = once(worker, 'message', { signal: ended.signal });
      worker.postMessage(packLog(log));
      const [answer] = (await answered) as [CompactionAnswer];
      if ('error' in answer) throw new Error(answer.error);
      return answer.merged;
    } catch (cause) {
      await this.close();
      throw ended.signal.aborted
        ? new Error(`compaction ended, or took longer than ${this.#limitMs} ms`, { cause })
        : cause;
    } finally {
      clearTimeout(limit);
      worker.off('exit', onExit);
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
