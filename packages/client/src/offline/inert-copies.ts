import { parseDocumentId } from '@syncline/protocol';
import { type OfflineDocument, type OfflineListener, START } from '../local-copy.ts';
import type { Backend } from './backend.ts';
import { OfflineCopies } from './offline-copies.ts';

/** There is nothing, and nothing is kept. */
const NOWHERE: Backend = {
  transact: (_mode, body) =>
    body({
      get: () => Promise.resolve(undefined),
      range: () => Promise.resolve([]),
      put: () => {},
      delete: () => {},
      deleteRange: () => {},
    }),
  tell: () => {},
  listen: () => {},
  close: () => Promise.resolve(),
};

const NO_COPY: OfflineDocument = {
  updates: [],
  position: START,
  write: () => {},
  flush: () => Promise.resolve(),
  putAway: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/**
 * What stands for a store where there is none: a module that opens one can be imported on a server. A document that is opened
 * with it is told once that nothing is kept.
 */
export class InertCopies extends OfflineCopies {
  readonly #why: string;

  constructor(why: string) {
    super(NOWHERE);
    this.#why = why;
  }

  override open(documentId: string, listener: OfflineListener): Promise<OfflineDocument> {
    return new Promise((resolve) => {
      parseDocumentId(documentId);
      resolve(NO_COPY);
      // Whoever waits for `open` goes on before timers do.
      setTimeout(() => listener.onError(new Error(this.#why)), 0);
    });
  }
}
