export {
  type AwarenessEntry,
  type AwarenessGuard,
  decodeAwareness,
  encodeAwareness,
} from './awareness.ts';
export {
  type DocumentId,
  documentIdFromPath,
  MAX_DOCUMENT_ID_BYTES,
  parseDocumentId,
} from './document-id.ts';
export { ERROR_CODES, type ErrorCode, isRetryable } from './error-code.ts';
export { FrameReader } from './frame-reader.ts';
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
export { encodeChannelAwareness } from './syncline/channel-awareness.ts';
export {
  type ClientMessageOf,
  decodeClientMessage,
  encodeClientMessage,
  type SynclineClientMessage,
} from './syncline/client-message.ts';
export {
  type Codec,
  type Codecs,
  decoderOf,
  encoderOf,
  readFlag,
  writeFlag,
} from './syncline/codec.ts';
export { type CheckpointEncoding, encodeEntries } from './syncline/entries.ts';
export {
  Defragmenter,
  decodeFragment,
  encodeFragment,
  type Fragment,
  fragmentsOf,
} from './syncline/fragment.ts';
export { MAX_OFFERED_VERSIONS, type SynclineLimits } from './syncline/hello.ts';
export { BodyReader, countMessages, decodeBody, encodeBody } from './syncline/http-body.ts';
export { chooseVersion, PROTOCOL_VERSIONS, SUBPROTOCOL } from './syncline/protocol-version.ts';
export {
  decodeServerMessage,
  encodeServerMessage,
  type ServerMessageOf,
  type SynclineServerMessage,
} from './syncline/server-message.ts';
export {
  decodeYWebsocket,
  encodeAwarenessMessage,
  encodePermissionDenied,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
  type YWebsocketMessage,
} from './y-websocket.ts';
