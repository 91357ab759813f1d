/**
 * Every code of a {@link SyncError}. docs/errors.md says what happened and what to do; a test holds
 * the two together.
 *
 * `close` is the close code of a socket that ends for it. Stock clients of y-websocket (3.1) do not
 * come back after 4400 to 4499 and reconnect after all others, so what the same bytes would meet
 * again is in that range. Clients of `syncline.v1` are told the code itself, and whether to come back.
 *
 * `hocuspocus` is what happens in that dialect, whose provider reconnects after every close code:
 * `deny` refuses the document and keeps the socket; `status` answers an update with SyncStatus 0;
 * a number closes the socket; null cannot happen there.
 */
export const ERROR_CODES = {
  /** The frame is not one of the dialect. Fix the client; the same bytes are refused again. */
  'malformed-frame': { close: 4400, hocuspocus: 4400 },
  /** Yjs could not decode or integrate the update. The client's copy of the document is broken. */
  'update-refused': { close: 4422, hocuspocus: 'deny' },
  /** The frame is over the size limit. Send less at once. */
  'frame-too-large': { close: 1009, hocuspocus: 1009 },
  /** The update is over the size limit. Send less at once. */
  'update-too-large': { close: 4413, hocuspocus: 'deny' },
  /** The document would outgrow its limit. Start another one, or let the operator raise the limit. */
  'document-too-large': { close: 4413, hocuspocus: 'deny' },
  /** The session may read but not write. Show the document as read-only. */
  'read-only': { close: 4403, hocuspocus: 'status' },
  /** The identity may not do that with the document, or there is no such document. */
  'access-denied': { close: 4403, hocuspocus: 'deny' },
  /** The server needs a token. Get one, and come back with it. */
  'token-missing': { close: 4401, hocuspocus: 'deny' },
  /** The token is not one that the server accepts. Get another one. */
  'token-invalid': { close: 4401, hocuspocus: 'deny' },
  /** The token is past its time. Get a new one. */
  'token-expired': { close: 4401, hocuspocus: 'deny' },
  /** An operator ended the session. Come back: what the token allows now is checked anew. */
  'session-revoked': { close: 4205, hocuspocus: 4205 },
  /** Nobody proved who they are in time. Send the token first. */
  'auth-timeout': { close: 4408, hocuspocus: 4408 },
  /** Too much was sent before the token was checked. */
  'auth-queue-full': { close: 4408, hocuspocus: 'deny' },
  /** The page's origin is not one that the server serves. Refused with HTTP 403. */
  'origin-refused': { close: 4403, hocuspocus: 4403 },
  /** The address or the identity has too many connections. Close some, or come back later. */
  'too-many-connections': { close: 4429, hocuspocus: 'deny' },
  /** The connection, the user or the address has too many documents open. Detach from some. */
  'too-many-documents': { close: 4429, hocuspocus: 'deny' },
  /** The user or the address has made too many documents lately. Come back later. */
  'too-many-new-documents': { close: 4429, hocuspocus: 'deny' },
  /** The user or the address has stored too much lately. Come back later. */
  'storage-quota-exceeded': { close: 4429, hocuspocus: 'deny' },
  /** The document has too many sessions. Come back later. */
  'too-many-sessions': { close: 1013, hocuspocus: 'deny' },
  /** More was sent for a long time than the limits allow, though reading was slowed. */
  'rate-limited': { close: 1013, hocuspocus: 1013 },
  /** Too much lies behind gaps. Reconnect: syncing anew sends what is missing. */
  'pending-too-large': { close: 1013, hocuspocus: 1013 },
  /** An update claims more clocks than its session may use up without content. */
  'clock-jump': { close: 4422, hocuspocus: 'deny' },
  /** An awareness state is over the size limit. Keep it small; put content into the document. */
  'awareness-too-large': { close: 4413, hocuspocus: 'deny' },
  /** A frame brings more awareness states than one may. */
  'awareness-too-many': { close: 4413, hocuspocus: 'deny' },
  /** A broadcast is over the size limit. */
  'broadcast-too-large': { close: 4413, hocuspocus: 'deny' },
  /** Client and server have no version of the protocol in common. Upgrade the older one. */
  'version-unsupported': { close: 4426, hocuspocus: null },
  /** The application's schema version is not one that the server admits. Reload the application. */
  'schema-unsupported': { close: 4426, hocuspocus: null },
  /** There is no such connection of the HTTP transport. Open a new one. */
  'connection-unknown': { close: 1013, hocuspocus: null },
  /** Another node of the server does not answer. Try again. */
  'node-unreachable': { close: 1013, hocuspocus: null },
  /** More clients come than the server can let in at once. Come back when it says. */
  'server-busy': { close: 1013, hocuspocus: 1013 },
  /** The server stops or restarts. Reconnect. */
  'server-stopping': { close: 1001, hocuspocus: 1001 },
  /** The document could not be read from the store. Reconnect later; nothing is lost. */
  'load-failed': { close: 1013, hocuspocus: 1013 },
  /** Updates could not be written to the store. Reconnect and send them again. */
  'commit-failed': { close: 1013, hocuspocus: 1013 },
  /** The session reads too slowly. Reconnect to catch up. */
  'too-slow': { close: 1013, hocuspocus: 1013 },
  /** A fault of the server. Reconnect; report it with the server's log. */
  internal: { close: 1011, hocuspocus: 1011 },
  /** The name is not one of a document. */
  'document-id-invalid': { close: 4400, hocuspocus: 'deny' },
  /** Another program listens on the port. Stop it, or choose another port. */
  'address-in-use': { close: 1011, hocuspocus: null },
  /** Another process has the data folder open. Stop it, or use another folder. */
  'store-locked': { close: 1013, hocuspocus: null },
  /** The data folder was written by a newer Syncline. Upgrade this one. */
  'store-format': { close: 1013, hocuspocus: null },
  /** A stored record is damaged. It is not served. */
  'store-damaged': { close: 1013, hocuspocus: 'deny' },
  /** Stored data is damaged, so nothing is written. Reconnect later, and keep what is unsent. */
  'store-read-only': { close: 1013, hocuspocus: 1013 },
  /** The store is closed. */
  'store-closed': { close: 1013, hocuspocus: 1013 },
  /** An operator deleted the document. What the client has of it is not to be sent again. */
  'document-deleted': { close: 4410, hocuspocus: 'deny' },
  /** An operator put another content in the document's place. Load it anew. */
  'document-replaced': { close: 4411, hocuspocus: 'deny' },
  /** The document has a new epoch, or came into being. Reconnect. */
  'document-reset': { close: 4205, hocuspocus: 4205 },
  /** There is no such document. */
  'document-missing': { close: 4404, hocuspocus: null },
  /** There is such a document already, and it is not to be replaced. */
  'document-exists': { close: 4409, hocuspocus: null },
  /** The bytes are no document file and no Yjs update. */
  'file-invalid': { close: 4415, hocuspocus: null },
  /** The body of a request is larger than the limit. Answered with HTTP 413. */
  'body-too-large': { close: 1009, hocuspocus: null },
  /** The caller may not administer the server or the document. Answered with HTTP 403. */
  'admin-refused': { close: 4403, hocuspocus: null },
  /** There is no server at that address, or it broke off. */
  'server-unreachable': { close: 1013, hocuspocus: null },
  /** The configuration is not as it must be. The message names the place. */
  'config-invalid': { close: 1011, hocuspocus: null },
  /** A rule is not as it must be. The message names line and column. */
  'rules-invalid': { close: 1011, hocuspocus: null },
} as const satisfies Record<
  string,
  { readonly close: number; readonly hocuspocus: 'deny' | 'status' | number | null }
>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a client that met the code may come back by itself and expect something else. */
export function isRetryable(code: ErrorCode): boolean {
  const { close } = ERROR_CODES[code];
  return close < 4400 || close >= 4500;
}
