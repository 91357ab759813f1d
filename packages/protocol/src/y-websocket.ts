import { encode, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import { type AwarenessEntry, encodeAwareness } from './awareness.ts';
import { FrameReader } from './frame-reader.ts';
import { readSyncMessage, type SyncMessage, writeSyncMessage } from './sync-message.ts';

/**
 * The y-websocket dialect, as y-websocket 2 and 3 speak it: one document a socket, one message a
 * frame. Types from y-websocket.js; sync messages from y-protocols/sync.js, auth from its auth.js.
 */
const Type = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3 } as const;
const PERMISSION_DENIED = 0;

/** What a client may say. */
export type YWebsocketMessage =
  | SyncMessage
  | {
      readonly type: 'awareness';
      /** For `decodeAwareness`. */
      readonly update: Uint8Array;
    }
  | { readonly type: 'query-awareness' };

/**
 * Byte fields are views into the frame.
 * @throws SyncError `malformed-frame`
 */
export function decodeYWebsocket(frame: Uint8Array): YWebsocketMessage {
  const reader = new FrameReader(frame);
  const message = readMessage(reader);
  reader.end();
  return message;
}

function readMessage(reader: FrameReader): YWebsocketMessage {
  const type = reader.varUint();
  switch (type) {
    case Type.sync:
      return readSyncMessage(reader);
    case Type.awareness:
      return { type: 'awareness', update: reader.bytes() };
    case Type.queryAwareness:
      return { type: 'query-awareness' };
    default:
      return reader.refuse(`${type} is no message type that a client sends`);
  }
}

export function encodeSyncStep1(stateVector: Uint8Array): Uint8Array {
  return encodeSync({ type: 'sync-step-1', stateVector });
}

export function encodeSyncStep2(update: Uint8Array): Uint8Array {
  return encodeSync({ type: 'sync-step-2', update });
}

export function encodeUpdate(update: Uint8Array): Uint8Array {
  return encodeSync({ type: 'update', update });
}

/** Without entries this is the keep-alive `01 01 00`: a message that stock clients count and ignore. */
export function encodeAwarenessMessage(entries: readonly AwarenessEntry[]): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, Type.awareness);
    writeVarUint8Array(encoder, encodeAwareness(entries));
  });
}

/** "You may not." Stock clients write the reason to the console, and keep the socket. */
export function encodePermissionDenied(reason: string): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, Type.auth);
    writeVarUint(encoder, PERMISSION_DENIED);
    writeVarString(encoder, reason);
  });
}

function encodeSync(message: SyncMessage): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, Type.sync);
    writeSyncMessage(encoder, message);
  });
}
