import { SyncError } from '@syncline/protocol';

/** Who is refused is not asked to come back sooner, or to stay away for longer, in milliseconds. */
const LEAST_MS = 1_000;
const MOST_MS = 30_000;

/**
 * Sends away who would wait too long, with the time after which it should come back: about as long as it would have
 * waited, and as much again by chance, so that those who are sent away do not all come at once.
 * @param waitedMs how long the one whose turn is next has waited.
 * @throws SyncError `server-busy`
 */
export function mustBeSoon(waitedMs: number, joinWaitMs: number): void {
  if (waitedMs <= joinWaitMs) return;
  const base = Math.min(MOST_MS, Math.max(LEAST_MS, waitedMs));
  const retryAfterMs = Math.round(base + base * Math.random());
  const reason = `others wait for longer than limits.joinWaitMs (${joinWaitMs}) already`;
  throw new SyncError('server-busy', reason, { retryAfterMs });
}
