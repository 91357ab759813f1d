import {
  type Attached,
  attached,
  type Detached,
  detached,
  type Reset,
  type RightsChanged,
  reset,
  rights,
} from './attach.ts';
import {
  type BroadcastAck,
  broadcastAck,
  type ServerBroadcast,
  serverBroadcast,
} from './broadcast.ts';
import { type ServerAwareness, serverAwareness } from './channel-awareness.ts';
import { type Codecs, decoderOf, encoderOf } from './codec.ts';
import {
  type Checkpoint,
  checkpoint,
  type Entries,
  type Epoch,
  entries,
  epoch,
  type Synced,
  synced,
} from './entries.ts';
import { type Goodbye, goodbye, type Welcome, welcome } from './hello.ts';
import { type Ping, type Pong, ping, pong } from './liveness.ts';
import {
  type TokenAccepted,
  type TokenExpiring,
  type TokenRefused,
  tokenAccepted,
  tokenExpiring,
  tokenRefused,
} from './token.ts';
import { type Ack, type Ask, ack, ask, type Rejected, rejected } from './updates.ts';

/** What a server of `syncline.v1` says. SPEC.md says when. */
export type SynclineServerMessage =
  | Welcome
  | Goodbye
  | TokenAccepted
  | TokenRefused
  | TokenExpiring
  | Ping
  | Pong
  | Attached
  | Reset
  | Checkpoint
  | Entries
  | Synced
  | Epoch
  | Ask
  | Ack
  | Rejected
  | RightsChanged
  | Detached
  | ServerAwareness
  | ServerBroadcast
  | BroadcastAck;

/** One of {@link SynclineServerMessage}, by its name. */
export type ServerMessageOf<Type extends SynclineServerMessage['type']> = Extract<
  SynclineServerMessage,
  { readonly type: Type }
>;

const codecs: Codecs<SynclineServerMessage> = {
  welcome,
  goodbye,
  'token-accepted': tokenAccepted,
  'token-refused': tokenRefused,
  'token-expiring': tokenExpiring,
  ping,
  pong,
  attached,
  reset,
  checkpoint,
  entries,
  synced,
  epoch,
  ask,
  ack,
  rejected,
  rights,
  detached,
  awareness: serverAwareness,
  broadcast: serverBroadcast,
  'broadcast-ack': broadcastAck,
};

/**
 * Reads a whole message: a fragment is refused, see `Defragmenter`. Byte fields are views into the
 * given bytes.
 * @throws SyncError `malformed-frame`
 */
export const decodeServerMessage = decoderOf(codecs);

export const encodeServerMessage = encoderOf(codecs);
