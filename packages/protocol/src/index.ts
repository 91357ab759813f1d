export { type AwarenessEntry, decodeAwareness, encodeAwareness } from './awareness.ts';
export {
  type DocumentId,
  documentIdFromPath,
  MAX_DOCUMENT_ID_BYTES,
  parseDocumentId,
} from './document-id.ts';
export { ERROR_CODES, type ErrorCode, isRetryable } from './error-code.ts';
export {
  decodeHocuspocus,
  documentNameOfKey,
  encodeHocuspocus,
  encodeHocuspocusPing,
  encodeHocuspocusPong,
  type HocuspocusClientMessage,
  type HocuspocusFrame,
  type HocuspocusServerMessage,
} from './hocuspocus.ts';
export {
  decodeRights,
  encodeRights,
  NO_RIGHTS,
  RIGHT_NAMES,
  type RightName,
  type Rights,
} from './rights.ts';
export { SyncError } from './sync-error.ts';
export type { SyncMessage } from './sync-message.ts';
export {
  decodeYWebsocket,
  encodeAwarenessMessage,
  encodePermissionDenied,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
  type YWebsocketMessage,
} from './y-websocket.ts';
