/**
 * Every code of a {@link SyncError}, with the close code that a socket of the y-websocket dialect
 * gets. Stock clients (y-websocket 3.1) do not come back after 4400 to 4499 and reconnect after all
 * others, so what the same bytes would meet again is in that range. docs/errors.md says more.
 */
export const ERROR_CODES = {
  /** The frame is not one of the dialect. Fix the client; the same bytes are refused again. */
  'malformed-frame': { close: 4400 },
  /** Yjs could not decode or integrate the update. The client's copy of the document is broken. */
  'update-refused': { close: 4422 },
  /** The frame is over the size limit. Send less at once. */
  'frame-too-large': { close: 1009 },
  /** The server stops or restarts. Reconnect. */
  'server-stopping': { close: 1001 },
  /** The document could not be read from the store. Reconnect later; nothing is lost. */
  'load-failed': { close: 1013 },
  /** Updates could not be written to the store. Reconnect and send them again. */
  'commit-failed': { close: 1013 },
  /** The session reads too slowly. Reconnect to catch up. */
  'too-slow': { close: 1013 },
  /** A fault of the server. Reconnect; report it with the server's log. */
  internal: { close: 1011 },
  /** The name is not one of a document. Refused with HTTP 400 before there is a socket. */
  'document-id-invalid': { close: 4400 },
  /** Another program listens on the port. Stop it, or choose another port. */
  'address-in-use': { close: 1011 },
  /** Another process has the data folder open. Stop it, or use another folder. */
  'store-locked': { close: 1013 },
  /** The data folder was written by a newer Syncline. Upgrade this one. */
  'store-format': { close: 1013 },
  /** A stored record is damaged. It is not served. */
  'store-damaged': { close: 1013 },
  /** Stored data is damaged, so nothing is written. Reconnect later, and keep what is unsent. */
  'store-read-only': { close: 1013 },
  /** The store is closed. */
  'store-closed': { close: 1013 },
  /** An operator deleted the document. What the client has of it is not to be sent again. */
  'document-deleted': { close: 4410 },
  /** An operator put another content in the document's place. Load it anew. */
  'document-replaced': { close: 4411 },
  /** The document has a new epoch, or came into being. Reconnect. */
  'document-reset': { close: 4205 },
  /** There is no such document. */
  'document-missing': { close: 4404 },
  /** There is such a document already, and it is not to be replaced. */
  'document-exists': { close: 4409 },
  /** The bytes are no document file and no Yjs update. */
  'file-invalid': { close: 4415 },
  /** The body of a request is larger than the limit. Answered with HTTP 413. */
  'body-too-large': { close: 1009 },
  /** Only the server's own machine may ask this, and no web page. Answered with HTTP 403. */
  'admin-refused': { close: 4403 },
  /** There is no server at that address, or it broke off. */
  'server-unreachable': { close: 1013 },
} as const satisfies Record<string, { readonly close: number }>;

export type ErrorCode = keyof typeof ERROR_CODES;
