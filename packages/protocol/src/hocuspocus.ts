import {
  type Encoder,
  encode,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from 'lib0/encoding';
import { type AwarenessEntry, encodeAwareness } from './awareness.ts';
import { FrameReader } from './frame-reader.ts';
import { readSyncMessage, type SyncMessage, writeSyncMessage } from './sync-message.ts';

/**
 * The Hocuspocus dialect, as the providers 3 and 4 speak it: many documents a socket, each frame
 * begins with a key: `str(key) varUint(type) body`. Types from @hocuspocus/provider (types.ts), auth
 * from @hocuspocus/common (auth.ts). SyncReply (4) and BroadcastStateless (6) travel between its
 * servers alone.
 */
const Type = {
  sync: 0,
  awareness: 1,
  auth: 2,
  queryAwareness: 3,
  stateless: 5,
  close: 7,
  syncStatus: 8,
  ping: 9,
  pong: 10,
} as const;
const Auth = { token: 0, permissionDenied: 1, authenticated: 2 } as const;

/** Stands between the document's name and the session's id in a key. */
const SESSION_SEPARATOR = '\0';

/** What a client may say about a document. */
export type HocuspocusClientMessage =
  | SyncMessage
  | {
      readonly type: 'awareness';
      /** For `decodeAwareness`. */
      readonly update: Uint8Array;
    }
  /** Who the client is. A second one for the same key is a newer token. */
  | {
      readonly type: 'auth';
      readonly token: string;
      /** Of the provider, from 4 on. Those that say it answer pings. */
      readonly version: string | undefined;
    }
  | { readonly type: 'query-awareness' }
  | { readonly type: 'stateless'; readonly payload: string }
  /** The client leaves the document; the socket stays. */
  | { readonly type: 'close' };

/** A frame of a client. Ping and Pong are of the socket, and have no key. */
export type HocuspocusFrame =
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
  | ({
      /** As the client wrote it, to be echoed exactly: see {@link documentNameOfKey}. */
      readonly key: string;
    } & HocuspocusClientMessage);

/** What a server says about a document. */
export type HocuspocusServerMessage =
  | SyncMessage
  /** Without entries it is the keep-alive: a message that providers count and ignore. */
  | { readonly type: 'awareness'; readonly entries: readonly AwarenessEntry[] }
  | { readonly type: 'authenticated'; readonly scope: 'read-write' | 'readonly' }
  | { readonly type: 'permission-denied'; readonly reason: string }
  /** "Send me your token anew." */
  | { readonly type: 'request-token' }
  | { readonly type: 'stateless'; readonly payload: string }
  /** The document is closed for this client; the socket stays. */
  | { readonly type: 'close'; readonly reason: string }
  /** The answer to a SyncStep2 or an Update. Applied takes one off the provider's unsynced changes. */
  | { readonly type: 'sync-status'; readonly applied: boolean };

/** The document that a key names: all of it, or what stands before the id of a session. */
export function documentNameOfKey(key: string): string {
  const end = key.indexOf(SESSION_SEPARATOR);
  return end === -1 ? key : key.slice(0, end);
}

/**
 * Byte fields are views into the frame.
 * @throws SyncError `malformed-frame`
 */
export function decodeHocuspocus(frame: Uint8Array): HocuspocusFrame {
  const reader = new FrameReader(frame);
  if (frame.length === 1) return readBareType(reader);
  const key = reader.string();
  const message = readMessage(reader);
  reader.end();
  return { key, ...message };
}

/** A frame of one byte has no key: even an empty one would leave no room for the type. */
function readBareType(reader: FrameReader): HocuspocusFrame {
  const type = reader.varUint();
  switch (type) {
    case Type.ping:
      return { type: 'ping' };
    case Type.pong:
      return { type: 'pong' };
    default:
      return reader.refuse(`${type} is no message of one byte`);
  }
}

function readMessage(reader: FrameReader): HocuspocusClientMessage {
  const type = reader.varUint();
  switch (type) {
    case Type.sync:
      return readSyncMessage(reader);
    case Type.awareness:
      return { type: 'awareness', update: reader.bytes() };
    case Type.auth:
      return readAuth(reader);
    case Type.queryAwareness:
      return { type: 'query-awareness' };
    case Type.stateless:
      return { type: 'stateless', payload: reader.string() };
    case Type.close:
      return { type: 'close' };
    default:
      return reader.refuse(`${type} is no message type that a client sends`);
  }
}

function readAuth(reader: FrameReader): HocuspocusClientMessage {
  const type = reader.varUint();
  if (type !== Auth.token) reader.refuse(`${type} is no auth message that a client sends`);
  const token = reader.string();
  return { type: 'auth', token, version: reader.hasMore() ? reader.string() : undefined };
}

/** A frame for the client's document with that key. */
export function encodeHocuspocus(key: string, message: HocuspocusServerMessage): Uint8Array {
  return encode((encoder) => {
    writeVarString(encoder, key);
    writeMessage(encoder, message);
  });
}

/** "Are you there?" Only for clients that said a version: others would take it for a key's length. */
export function encodeHocuspocusPing(): Uint8Array {
  return Uint8Array.of(Type.ping);
}

/** The answer to a Ping. */
export function encodeHocuspocusPong(): Uint8Array {
  return Uint8Array.of(Type.pong);
}

function writeMessage(encoder: Encoder, message: HocuspocusServerMessage): void {
  switch (message.type) {
    case 'sync-step-1':
    case 'sync-step-2':
    case 'update':
      writeVarUint(encoder, Type.sync);
      writeSyncMessage(encoder, message);
      break;
    case 'awareness':
      writeVarUint(encoder, Type.awareness);
      writeVarUint8Array(encoder, encodeAwareness(message.entries));
      break;
    case 'authenticated':
      writeVarUint(encoder, Type.auth);
      writeVarUint(encoder, Auth.authenticated);
      writeVarString(encoder, message.scope);
      break;
    case 'permission-denied':
      writeVarUint(encoder, Type.auth);
      writeVarUint(encoder, Auth.permissionDenied);
      writeVarString(encoder, message.reason);
      break;
    case 'request-token':
      writeVarUint(encoder, Type.auth);
      writeVarUint(encoder, Auth.token);
      break;
    case 'stateless':
      writeVarUint(encoder, Type.stateless);
      writeVarString(encoder, message.payload);
      break;
    case 'close':
      writeVarUint(encoder, Type.close);
      writeVarString(encoder, message.reason);
      break;
    case 'sync-status':
      writeVarUint(encoder, Type.syncStatus);
      writeVarUint(encoder, message.applied ? 1 : 0);
      break;
  }
}
