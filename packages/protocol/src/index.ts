export { type AwarenessEntry, decodeAwareness, encodeAwareness } from './awareness.ts';
export {
  type DocumentId,
  documentIdFromPath,
  MAX_DOCUMENT_ID_BYTES,
  parseDocumentId,
} from './document-id.ts';
export { ERROR_CODES, type ErrorCode } from './error-code.ts';
export { SyncError } from './sync-error.ts';
export {
  decodeYWebsocket,
  encodeAwarenessMessage,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
  type YWebsocketMessage,
} from './y-websocket.ts';
