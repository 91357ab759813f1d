import { parentPort } from 'node:worker_threads';
import { compact } from './compact.ts';
import type { CompactionAnswer, CompactionTask } from './worker-thread.ts';

/** Runs in a worker thread: answers each task with a checkpoint or the reason why there is none. */
parentPort?.on('message', ({ updates }: CompactionTask) => {
  let answer: CompactionAnswer;
  try {
    answer = { checkpoint: compact(updates) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer);
});
