import { parentPort } from 'node:worker_threads';
import { compact } from './compact.ts';
import { type PackedLog, unpackLog } from './packed-log.ts';
import type { CompactionAnswer } from './worker-thread.ts';

/** Runs in a worker thread: answers each task with a merged log or the reason why there is none. */
parentPort?.on('message', (log: PackedLog) => {
  parentPort?.postMessage(answerTo(log));
});

function answerTo(log: PackedLog): CompactionAnswer {
  try {
    return { merged: compact(unpackLog(log)) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
