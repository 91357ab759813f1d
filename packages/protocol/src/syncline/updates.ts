import { writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import type { Codec } from './codec.ts';
import { MessageType } from './message-type.ts';

/** The client's own edits, or what the server asked for. */
export interface Update {
  readonly type: 'update';
  readonly channel: number;
  /** 1, 2, 3 … in each session. */
  readonly number: number;
  readonly update: Uint8Array;
}

/** Updates are answered: they are durable, or were rejected. */
export interface Ack {
  readonly type: 'ack';
  readonly channel: number;
  /** All updates up to this number. */
  readonly through: number;
  /** The client's cursor may move to it; 0: it may not. */
  readonly seq: number;
}

/** Nothing of an update was taken. It counts as answered. */
export interface Rejected {
  readonly type: 'rejected';
  readonly channel: number;
  readonly number: number;
  readonly code: string;
  /** For people. */
  readonly message: string;
}

/** "Send an update with what this lacks." */
export interface Ask {
  readonly type: 'ask';
  readonly channel: number;
  readonly stateVector: Uint8Array;
}

export const update: Codec<Update> = {
  code: MessageType.update,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint(encoder, message.number);
    writeVarUint8Array(encoder, message.update);
  },
  read: (reader) => ({
    type: 'update',
    channel: reader.varUint(),
    number: reader.varUint(),
    update: reader.bytes(),
  }),
};

export const ack: Codec<Ack> = {
  code: MessageType.ack,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint(encoder, message.through);
    writeVarUint(encoder, message.seq);
  },
  read: (reader) => ({
    type: 'ack',
    channel: reader.varUint(),
    through: reader.varUint(),
    seq: reader.varUint(),
  }),
};

export const rejected: Codec<Rejected> = {
  code: MessageType.rejected,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint(encoder, message.number);
    writeVarString(encoder, message.code);
    writeVarString(encoder, message.message);
  },
  read: (reader) => ({
    type: 'rejected',
    channel: reader.varUint(),
    number: reader.varUint(),
    code: reader.string(),
    message: reader.string(),
  }),
};

export const ask: Codec<Ask> = {
  code: MessageType.ask,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint8Array(encoder, message.stateVector);
  },
  read: (reader) => ({ type: 'ask', channel: reader.varUint(), stateVector: reader.bytes() }),
};
