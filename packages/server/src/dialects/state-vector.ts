import { SyncError } from '@syncline/protocol';
import { decodeStateVector, type StateVector, UpdateError } from '@syncline/update';

/** @throws SyncError `malformed-frame` */
export function readStateVector(bytes: Uint8Array): StateVector {
  try {
    return decodeStateVector(bytes);
  } catch (cause) {
    if (!(cause instanceof UpdateError)) throw cause;
    throw new SyncError('malformed-frame', `a state vector: ${cause.message}`, { cause });
  }
}
