import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeVarUint,
  writeVarUint8Array,
} from 'lib0/encoding';
import { type AwarenessEntry, decodeAwareness, encodeAwareness } from './awareness.ts';
import { FrameReader } from './frame-reader.ts';

/**
 * The y-websocket dialect, as y-websocket 2 and 3 speak it: one document a socket, one message a
 * frame. Types from y-websocket.js; sync messages from y-protocols/sync.js.
 */
const Type = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3 } as const;
const Sync = { step1: 0, step2: 1, update: 2 } as const;

/** What a client may say. */
export type YWebsocketMessage =
  /** "This is my state vector: send what I lack." */
  | { readonly type: 'sync-step-1'; readonly stateVector: Uint8Array }
  /** The answer to the server's SyncStep1. */
  | { readonly type: 'sync-step-2'; readonly update: Uint8Array }
  | { readonly type: 'update'; readonly update: Uint8Array }
  | { readonly type: 'awareness'; readonly entries: readonly AwarenessEntry[] }
  | { readonly type: 'query-awareness' };

/** @throws SyncError `malformed-frame` */
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
      return readSync(reader);
    case Type.awareness:
      return { type: 'awareness', entries: decodeAwareness(reader.bytes()) };
    case Type.queryAwareness:
      return { type: 'query-awareness' };
    default:
      return reader.refuse(`${type} is no message type that a client sends`);
  }
}

function readSync(reader: FrameReader): YWebsocketMessage {
  const step = reader.varUint();
  switch (step) {
    case Sync.step1:
      return { type: 'sync-step-1', stateVector: reader.bytes() };
    case Sync.step2:
      return { type: 'sync-step-2', update: reader.bytes() };
    case Sync.update:
      return { type: 'update', update: reader.bytes() };
    default:
      return reader.refuse(`${step} is no sync message`);
  }
}

export function encodeSyncStep1(stateVector: Uint8Array): Uint8Array {
  return encodeSync(Sync.step1, stateVector);
}

export function encodeSyncStep2(update: Uint8Array): Uint8Array {
  return encodeSync(Sync.step2, update);
}

export function encodeUpdate(update: Uint8Array): Uint8Array {
  return encodeSync(Sync.update, update);
}

/** Without entries this is the keep-alive `01 01 00`: a message that stock clients count and ignore. */
export function encodeAwarenessMessage(entries: readonly AwarenessEntry[]): Uint8Array {
  return encodeMessage((encoder) => {
    writeVarUint(encoder, Type.awareness);
    writeVarUint8Array(encoder, encodeAwareness(entries));
  });
}

function encodeSync(step: number, body: Uint8Array): Uint8Array {
  return encodeMessage((encoder) => {
    writeVarUint(encoder, Type.sync);
    writeVarUint(encoder, step);
    writeVarUint8Array(encoder, body);
  });
}

function encodeMessage(write: (encoder: Encoder) => void): Uint8Array {
  const encoder = createEncoder();
  write(encoder);
  return toUint8Array(encoder);
}
