import { SynclineProvider, warnBeforeLeaving } from '@syncline/client';
import { openOfflineStore } from '@syncline/client/offline';
import { documentOfPage, type PageKind, serverUrl } from './address.ts';
import { type Guard, guardPage } from './guard.ts';
import { rememberDocument } from './recent.ts';
import { currentToken } from './token.ts';

/**
 * Of what the pages write. A browser keeps a page for as long as it has no network: one that knows less than another wrote
 * must not write to the same document. So whoever lets a page write something that older ones would lose (a table in
 * rich text, a kind of shape) gives it the next version, and those before it become read-only where it has been.
 */
const SCHEMA = { version: 1 };

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
  // At once: the address must not keep a token that it brought.
  currentToken();
  const provider = new SynclineProvider({
    url: serverUrl(),
    documentId: name,
    offline: openOfflineStore(),
    schema: SCHEMA,
    token: currentToken,
  });
  provider.on('reset', () => location.reload());
  provider.on('warning', ({ message }) => console.warn(message));
  warnBeforeLeaving(provider);
  return { provider, guard };
}
