import { type ClientMessageOf, type DocumentId, SyncError } from '@syncline/protocol';
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
 * @param take gets it in the turn in which it is known to be open, so that from then on its peer hears
 *   of its end. A session that was ended before, with its room, is attached anew.
 * @throws SyncError `document-deleted`, and what `attach` and `take` throw.
 */
export async function openSession(
  documentId: DocumentId,
  attach: () => Promise<Session>,
  copy: Pick<ClientMessageOf<'attach'>, 'epoch' | 'since'> & { readonly stateVector: StateVector },
  { carryOn, logger, metrics }: Edge,
  take: (opened: Opened) => void,
): Promise<void> {
  const { stateVector } = copy;
  const epoch = copy.epoch as Epoch | '';
  const since = copy.since as Seq;
  for (;;) {
    const session = await attach();
    const takeAt = (since: Seq) => take({ session, cursor: { since, stateVector } });
    try {
      // The client may come from another node, of which this one has not heard everything yet.
      const isAhead = epoch !== session.epoch || since > session.head;
      if (epoch !== '' && isAhead) await session.refresh();
      if (!session.isOpen) continue;
      if (epoch === '') return takeAt(START);
      if (epoch !== session.epoch) {
        if (isSameIncarnation(epoch, session.epoch ?? '')) return takeAt(START);
        refuseDeleted(session, stateVector);
        session.leave();
        return take({ reset: session.epoch ?? '' });
      }
      if (since <= session.head) return takeAt(since);
      // The client was told of entries that are not there: they were acknowledged, and are lost.
      const { head } = session;
      logger.error({ documentId, since, head }, 'a client has entries that were lost');
      metrics.lostEntries.inc();
      if (!session.rights.write) return takeAt(START);
    } catch (error) {
      session.leave();
      throw error;
    }
    session.leave();
    await carryOn(documentId, epoch);
  }
}

/** Clients that know epochs put a copy of what was replaced away by themselves. */
function refuseDeleted(session: Session, stateVector: StateVector): void {
  try {
    session.refuseCopy(stateVector);
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'document-replaced') throw error;
  }
}
