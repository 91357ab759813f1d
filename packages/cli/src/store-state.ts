import type { StoreState } from '@syncline/storage';
import type { Logger } from 'pino';
import { nameOf, type StorePlace } from './store.ts';

/** Logs when a store cannot be written, and when it can again. */
export function stateLogger(
  place: StorePlace,
  logger: Logger,
): (state: StoreState, cause?: unknown) => void {
  const what = place.kind === 'folder' ? 'the data folder' : 'the database';
  const fields = { [place.kind === 'folder' ? 'data' : 'store']: nameOf(place) };
  const messages = {
    recovering: `${what} cannot be written; nothing is acknowledged until it can`,
    'read-only': 'stored data is damaged; nothing is written until it is repaired',
  };
  return (state, cause) => {
    if (state === 'ready') logger.info(fields, `${what} can be written again`);
    else logger.error({ ...fields, state, err: cause }, messages[state]);
  };
}
