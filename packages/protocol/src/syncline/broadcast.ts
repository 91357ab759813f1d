import { writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import { type Codec, readFlag, writeFlag } from './codec.ts';
import { MessageType } from './message-type.ts';

/** "Tell all who are here." */
export interface ClientBroadcast {
  readonly type: 'broadcast';
  readonly channel: number;
  /** Chosen by the client, for the {@link BroadcastAck}; 0: it wants none. */
  readonly id: number;
  /** Whether it comes back to the sender too. */
  readonly toSelf: boolean;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** Somebody told all who are here. */
export interface ServerBroadcast {
  readonly type: 'broadcast';
  readonly channel: number;
  /** Grows with each broadcast of the document: what was seen before is not shown again. */
  readonly number: number;
  /** Of the sender; empty: anonymous. */
  readonly userId: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** The server has passed a broadcast on. */
export interface BroadcastAck {
  readonly type: 'broadcast-ack';
  readonly channel: number;
  readonly id: number;
}

export const clientBroadcast: Codec<ClientBroadcast> = {
  code: MessageType.clientBroadcast,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint(encoder, message.id);
    writeFlag(encoder, message.toSelf);
    writeVarString(encoder, message.topic);
    writeVarUint8Array(encoder, message.payload);
  },
  read: (reader) => ({
    type: 'broadcast',
    channel: reader.varUint(),
    id: reader.varUint(),
    toSelf: readFlag(reader),
    topic: reader.string(),
    payload: reader.bytes(),
  }),
};

export const serverBroadcast: Codec<ServerBroadcast> = {
  code: MessageType.serverBroadcast,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint(encoder, message.number);
    writeVarString(encoder, message.userId);
    writeVarString(encoder, message.topic);
    writeVarUint8Array(encoder, message.payload);
  },
  read: (reader) => ({
    type: 'broadcast',
    channel: reader.varUint(),
    number: reader.varUint(),
    userId: reader.string(),
    topic: reader.string(),
    payload: reader.bytes(),
  }),
};

export const broadcastAck: Codec<BroadcastAck> = {
  code: MessageType.broadcastAck,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint(encoder, message.id);
  },
  read: (reader) => ({ type: 'broadcast-ack', channel: reader.varUint(), id: reader.varUint() }),
};
