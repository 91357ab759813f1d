import {
  encode,
  writeUint8,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from 'lib0/encoding';
import type { FrameReader } from '../frame-reader.ts';
import type { Codec } from './codec.ts';
import { MessageType } from './message-type.ts';

/** How the bytes of a {@link Checkpoint} are packed; the index is the number on the wire. */
export const CHECKPOINT_ENCODINGS = ['identity', 'deflate-raw'] as const;

export type CheckpointEncoding = (typeof CHECKPOINT_ENCODINGS)[number];

/** The whole state up to a seq. Afterwards the cursor is at least there. */
export interface Checkpoint {
  readonly type: 'checkpoint';
  readonly channel: number;
  readonly seq: number;
  readonly encoding: CheckpointEncoding;
  /** One update, as it is stored. */
  readonly bytes: Uint8Array;
}

/** Entries as one update, for a cursor at `from` or beyond. Afterwards it is at least at `to`. */
export interface Entries {
  readonly type: 'entries';
  readonly channel: number;
  /** The entries after this seq … */
  readonly from: number;
  /** … up to this one. */
  readonly to: number;
  readonly update: Uint8Array;
}

/** All entries up to a seq have been sent. */
export interface Synced {
  readonly type: 'synced';
  readonly channel: number;
  readonly seq: number;
}

/** The document came into being: somebody wrote the first entry. */
export interface Epoch {
  readonly type: 'epoch';
  readonly channel: number;
  readonly epoch: string;
}

export const checkpoint: Codec<Checkpoint> = {
  code: MessageType.checkpoint,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint(encoder, message.seq);
    writeUint8(encoder, CHECKPOINT_ENCODINGS.indexOf(message.encoding));
    writeVarUint8Array(encoder, message.bytes);
  },
  read: (reader) => ({
    type: 'checkpoint',
    channel: reader.varUint(),
    seq: reader.varUint(),
    encoding: readEncoding(reader),
    bytes: reader.bytes(),
  }),
};

function readEncoding(reader: FrameReader): CheckpointEncoding {
  const number = reader.u8();
  return CHECKPOINT_ENCODINGS[number] ?? reader.refuse(`${number} is no encoding of a checkpoint`);
}

export const entries: Codec<Entries> = {
  code: MessageType.entries,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint(encoder, message.from);
    writeVarUint(encoder, message.to);
    writeVarUint8Array(encoder, message.update);
  },
  read: (reader) => ({
    type: 'entries',
    channel: reader.varUint(),
    from: reader.varUint(),
    to: reader.varUint(),
    update: reader.bytes(),
  }),
};

/** The bytes of {@link Entries}, with one copy of the update: each delivery to a session is one. */
export function encodeEntries(
  channel: number,
  from: number,
  to: number,
  update: Uint8Array,
): Uint8Array {
  const head = encode((encoder) => {
    writeVarUint(encoder, MessageType.entries);
    writeVarUint(encoder, channel);
    writeVarUint(encoder, from);
    writeVarUint(encoder, to);
    writeVarUint(encoder, update.length);
  });
  const bytes = new Uint8Array(head.length + update.length);
  bytes.set(head);
  bytes.set(update, head.length);
  return bytes;
}

export const synced: Codec<Synced> = {
  code: MessageType.synced,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint(encoder, message.seq);
  },
  read: (reader) => ({ type: 'synced', channel: reader.varUint(), seq: reader.varUint() }),
};

export const epoch: Codec<Epoch> = {
  code: MessageType.epoch,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarString(encoder, message.epoch);
  },
  read: (reader) => ({ type: 'epoch', channel: reader.varUint(), epoch: reader.string() }),
};
