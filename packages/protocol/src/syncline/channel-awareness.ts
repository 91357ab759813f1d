import { encode, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import { type AwarenessEntry, decodeAwareness, encodeAwareness } from '../awareness.ts';
import type { Codec } from './codec.ts';
import { MessageType } from './message-type.ts';

/** Awareness states of a session's document, from either end. */
export interface ChannelAwareness {
  readonly type: 'awareness';
  readonly channel: number;
  readonly entries: readonly AwarenessEntry[];
}

export const clientAwareness = codec(MessageType.clientAwareness);
export const serverAwareness = codec(MessageType.serverAwareness);

function codec(code: number): Codec<ChannelAwareness> {
  return {
    code,
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
}

/** What a server says of awareness, from bytes that `encodeAwareness` made once for all sessions. */
export function encodeChannelAwareness(channel: number, update: Uint8Array): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, MessageType.serverAwareness);
    writeVarUint(encoder, channel);
    writeVarUint8Array(encoder, update);
  });
}
