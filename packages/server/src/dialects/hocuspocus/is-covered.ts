import { type StateVector, scan, UpdateError } from '@syncline/update';

/**
 * Whether a state vector has all structs of an update. Undefined when it has none, and so nothing that
 * a state vector could tell; and when it cannot be read.
 */
export function isCovered(update: Uint8Array, stateVector: StateVector): boolean | undefined {
  try {
    const { runs } = scan(update);
    if (runs.length === 0) return undefined;
    return runs.every(({ client, end }) => end <= (stateVector.get(client) ?? 0));
  } catch (error) {
    if (error instanceof UpdateError) return undefined;
    throw error;
  }
}
