import {
  type Codec,
  type Codecs,
  decoderOf,
  encoderOf,
  FrameReader,
  readFlag,
  writeFlag,
} from '@syncline/protocol';
import { encode, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import type { Polled } from './requested-connection.ts';

/** What a node asks of the one that has a connection, over the bus. All of it may be asked twice. */
export type NodeRequest =
  /** A body with messages came. */
  | {
      readonly type: 'post';
      readonly id: string;
      readonly number: number;
      readonly body: Uint8Array;
    }
  /** A reader wants what goes down. */
  | { readonly type: 'poll'; readonly id: string; readonly after: number }
  /** The client is there, though it asks for nothing. */
  | { readonly type: 'stay'; readonly id: string }
  /** The client is gone. */
  | { readonly type: 'leave'; readonly id: string };

type Of<Type extends NodeRequest['type']> = Extract<NodeRequest, { readonly type: Type }>;

const post: Codec<Of<'post'>> = {
  code: 1,
  write(encoder, { id, number, body }) {
    writeVarString(encoder, id);
    writeVarUint(encoder, number);
    writeVarUint8Array(encoder, body);
  },
  read: (reader) => ({
    type: 'post',
    id: reader.string(),
    number: reader.varUint(),
    body: reader.bytes(),
  }),
};

const poll: Codec<Of<'poll'>> = {
  code: 2,
  write(encoder, { id, after }) {
    writeVarString(encoder, id);
    writeVarUint(encoder, after);
  },
  read: (reader) => ({ type: 'poll', id: reader.string(), after: reader.varUint() }),
};

const CODECS: Codecs<NodeRequest> = {
  post,
  poll,
  stay: {
    code: 3,
    write: (encoder, { id }) => writeVarString(encoder, id),
    read: (reader) => ({ type: 'stay', id: reader.string() }),
  },
  leave: {
    code: 4,
    write: (encoder, { id }) => writeVarString(encoder, id),
    read: (reader) => ({ type: 'leave', id: reader.string() }),
  },
};

export const encodeNodeRequest = encoderOf(CODECS);
/** Byte fields are views into the request. @throws SyncError `malformed-frame` */
export const decodeNodeRequest = decoderOf(CODECS);

/** The answer to `post`: whether the messages were taken already. If not, ask again. */
export const encodeTaken = (isTaken: boolean): Uint8Array =>
  encode((encoder) => writeFlag(encoder, isTaken));

export const decodeTaken = (bytes: Uint8Array): boolean => readFlag(new FrameReader(bytes));

/** The answer to `poll`. */
export const encodePolled = ({ body, next, isOver }: Polled): Uint8Array =>
  encode((encoder) => {
    writeVarUint(encoder, next);
    writeFlag(encoder, isOver);
    writeVarUint8Array(encoder, body);
  });

/** The body is a view. */
export function decodePolled(bytes: Uint8Array): Polled {
  const reader = new FrameReader(bytes);
  const next = reader.varUint();
  const isOver = readFlag(reader);
  return { body: reader.bytes(), next, isOver };
}
