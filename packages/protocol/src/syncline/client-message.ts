import { type Attach, attach, type Detach, detach } from './attach.ts';
import { type ClientBroadcast, clientBroadcast } from './broadcast.ts';
import { type ClientAwareness, clientAwareness } from './channel-awareness.ts';
import { type Codecs, decoderOf, encoderOf } from './codec.ts';
import { type Hello, hello } from './hello.ts';
import { type Ping, type Pong, ping, pong } from './liveness.ts';
import { type Token, token } from './token.ts';
import { type Update, update } from './updates.ts';

/** What a client of `syncline.v1` says. SPEC.md says when. */
export type SynclineClientMessage =
  | Hello
  | Token
  | Ping
  | Pong
  | Attach
  | Update
  | Detach
  | ClientAwareness
  | ClientBroadcast;

/** One of {@link SynclineClientMessage}, by its name. */
export type ClientMessageOf<Type extends SynclineClientMessage['type']> = Extract<
  SynclineClientMessage,
  { readonly type: Type }
>;

const codecs: Codecs<SynclineClientMessage> = {
  hello,
  token,
  ping,
  pong,
  attach,
  update,
  detach,
  awareness: clientAwareness,
  broadcast: clientBroadcast,
};

/**
 * Reads a whole message: a fragment is refused, see `Defragmenter`. Byte fields are views into the
 * given bytes.
 * @throws SyncError `malformed-frame`
 */
export const decodeClientMessage = decoderOf(codecs);

export const encodeClientMessage = encoderOf(codecs);
