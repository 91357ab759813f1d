import { SynclineProvider, warnBeforeLeaving } from '@syncline/client';
import { openOfflineStore } from '@syncline/client/offline';
import { documentOfPage, type PageKind, serverUrl } from './address.ts';
import { type Guard, guardPage } from './guard.ts';
import { rememberDocument } from './recent.ts';
import { takeToken } from './token.ts';

/** The document that a page is of. */
export interface OpenDocument {
  readonly provider: SynclineProvider;
  readonly guard: Guard;
}

/**
 * Opens the document that the page is of, with a copy in this browser. Who gets a new copy, because the
 * document was reset, gets the page anew.
 */
export function openDocument(kind: PageKind): OpenDocument {
  const guard = guardPage();
  const name = documentOfPage();
  rememberDocument(kind, name);
  const token = takeToken();
  const provider = new SynclineProvider({
    url: serverUrl(),
    documentId: name,
    offline: openOfflineStore(),
    ...(token !== undefined && { token }),
  });
  provider.on('reset', () => location.reload());
  provider.on('warning', ({ message }) => console.warn(message));
  warnBeforeLeaving(provider);
  return { provider, guard };
}
