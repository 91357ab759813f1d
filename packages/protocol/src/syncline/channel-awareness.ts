import { encode, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import { type AwarenessEntry, decodeAwareness, encodeAwareness } from '../awareness.ts';
import type { Codec } from './codec.ts';
import { MessageType } from './message-type.ts';

/** What a client says of awareness in a session. */
export interface ClientAwareness {
  readonly type: 'awareness';
  readonly channel: number;
  /** For `decodeAwareness`: who reads it bounds what it takes. */
  readonly update: Uint8Array;
}

/** Awareness states of a session's document. */
export interface ServerAwareness {
  readonly type: 'awareness';
  readonly channel: number;
  readonly entries: readonly AwarenessEntry[];
}

export const clientAwareness: Codec<ClientAwareness> = {
  code: MessageType.clientAwareness,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint8Array(encoder, message.update);
  },
  read: (reader) => ({ type: 'awareness', channel: reader.varUint(), update: reader.bytes() }),
};

export const serverAwareness: Codec<ServerAwareness> = {
  code: MessageType.serverAwareness,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint8Array(encoder, encodeAwareness(message.entries));
  },
  read: (reader) => ({
    type: 'awareness',
    channel: reader.varUint(),
    entries: decodeAwareness(reader.bytes()),
  }),
};

/** What a server says of awareness, from bytes that `encodeAwareness` made once for all sessions. */
export function encodeChannelAwareness(channel: number, update: Uint8Array): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, MessageType.serverAwareness);
    writeVarUint(encoder, channel);
    writeVarUint8Array(encoder, update);
  });
}
