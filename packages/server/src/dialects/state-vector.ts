import { FrameReader, SyncError } from '@syncline/protocol';
import { decodeStateVector, type StateVector, UpdateError } from '@syncline/update';
import type { Limits } from '../limits.ts';

/**
 * Reads the state vector of a client: one of a document that is not too large. Who may only read can send it, too.
 * @throws SyncError `malformed-frame`, `document-too-large`
 */
export function readStateVector(
  bytes: Uint8Array,
  { documentClients }: Pick<Limits, 'documentClients'>,
): StateVector {
  const clients = new FrameReader(bytes).count(2);
  if (clients > documentClients) {
    throw new SyncError(
      'document-too-large',
      `a state vector of ${clients} clients is over limits.documentClients (${documentClients})`,
    );
  }
  try {
    return decodeStateVector(bytes);
  } catch (cause) {
    if (!(cause instanceof UpdateError)) throw cause;
    throw new SyncError('malformed-frame', `a state vector: ${cause.message}`, { cause });
  }
}
