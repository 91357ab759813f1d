import type { ClientMessageOf, DocumentId } from '@syncline/protocol';
import { type Epoch, isSameIncarnation, type Seq } from '@syncline/storage';
import type { StateVector } from '@syncline/update';
import type { Cursor } from '../../catch-up.ts';
import type { Edge } from '../../edge.ts';
import type { Session } from '../../session.ts';

const START = 0 as Seq;

/** A session, and where its client stands; or the epoch to which the client has to change. */
export type Opened =
  | { readonly session: Session; readonly cursor: Cursor }
  | { readonly reset: Epoch | '' };

/**
 * Opens a session for a client's copy of a document, if that may be merged.
 * @param attach opens any session on the document.
 * @throws SyncError `document-deleted`, and what `attach` throws.
 */
export async function openSession(
  documentId: DocumentId,
  attach: () => Promise<Session>,
  copy: Pick<ClientMessageOf<'attach'>, 'epoch' | 'since'> & { readonly stateVector: StateVector },
  { carryOn, logger, metrics }: Edge,
): Promise<Opened> {
  const { stateVector } = copy;
  const epoch = copy.epoch as Epoch;
  const since = copy.since as Seq;
  const session = await attach();
  const opened = (since: Seq) => ({ session, cursor: { since, stateVector } });
  try {
    if (copy.epoch === '') return opened(START);
    // The client may come from another node, of which this one has not heard everything yet.
    if (epoch !== session.epoch || since > session.head) await session.refresh();
    if (epoch !== session.epoch) {
      if (isSameIncarnation(epoch, session.epoch ?? '')) return opened(START);
      session.refuseDead(stateVector);
      session.leave();
      return { reset: session.epoch ?? '' };
    }
    if (since <= session.head) return opened(since);
    // The client was told of entries that are not there: they were acknowledged, and are lost.
    logger.error({ documentId, since, head: session.head }, 'a client has entries that were lost');
    metrics.lostEntries.inc();
    if (!session.rights.write) return opened(START);
  } catch (error) {
    session.leave();
    throw error;
  }
  session.leave();
  await carryOn(documentId, epoch);
  return { session: await attach(), cursor: { since: START, stateVector } };
}
