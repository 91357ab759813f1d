import type { StateVector } from './state-vector.ts';

/**
 * A reader's state vector as far as it matters to a log: clients that the log does not know are
 * dropped, clocks beyond the log's are lowered to them, clients come in ascending order. The log
 * answers both in the same bytes, and readers with equal clamped vectors can share an answer.
 *
 * @param log the log's own state vector
 */
export function clamp(vector: StateVector, log: StateVector): StateVector {
  const clamped: [number, number][] = [];
  for (const [client, clock] of vector) {
    const known = Math.min(clock, log.get(client) ?? 0);
    if (known > 0) clamped.push([client, known]);
  }
  return new Map(clamped.sort(([a], [b]) => a - b));
}

/** A string that is equal for equal state vectors, in whatever order they were written: a cache's key. */
export function stateVectorKey(vector: StateVector): string {
  return [...vector]
    .filter(([, clock]) => clock > 0)
    .sort(([a], [b]) => a - b)
    .map(([client, clock]) => `${client.toString(36)}:${clock.toString(36)}`)
    .join();
}
