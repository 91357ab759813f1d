import {
  type AwarenessEntry,
  type Codec,
  type Codecs,
  type DocumentId,
  decoderOf,
  ERROR_CODES,
  type ErrorCode,
  encoderOf,
  type FrameReader,
  parseDocumentId,
  readFlag,
  writeFlag,
} from '@syncline/protocol';
import { type Encoder, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';

/** An awareness state, and whose it is. */
export interface OwnedState extends AwarenessEntry {
  /** Null when nobody is known. */
  readonly userId: string | null;
}

/** What nodes tell each other of one document. */
export type DocumentMessage =
  /**
   * The log has grown: the entries after `from`, up to `to`. A hint; without the update, which may be
   * large, the entries are to be read from the store.
   */
  | {
      readonly type: 'entries';
      readonly epoch: string;
      readonly from: number;
      readonly to: number;
      /** What they say, as one update; undefined when it is too large to be brought along. */
      readonly update: Uint8Array | undefined;
    }
  /** A checkpoint has taken the place of the entries up to `seq`. */
  | { readonly type: 'compacted'; readonly epoch: string; readonly seq: number }
  /** The log was removed, or another one has taken its place: sessions are to end, for this reason. */
  | { readonly type: 'replaced'; readonly code: ErrorCode; readonly message: string }
  /** A node has opened the document, and wants to know who is there. */
  | { readonly type: 'who' }
  /** Awareness states that changed, of the node's own clients. */
  | { readonly type: 'awareness'; readonly states: readonly OwnedState[] }
  | {
      readonly type: 'broadcast';
      /** The sender's user id; empty when nobody is known. */
      readonly from: string;
      readonly topic: string;
      readonly payload: Uint8Array;
    };

/** What nodes tell all others. */
export type NodeMessage =
  /** Sessions are to end, and what a user could show before counts no more. */
  | { readonly type: 'revoke-user'; readonly userId: string }
  | { readonly type: 'revoke-document'; readonly documentId: DocumentId };

type Of<Type extends DocumentMessage['type']> = Extract<DocumentMessage, { readonly type: Type }>;

const entries: Codec<Of<'entries'>> = {
  code: 1,
  write(encoder, { epoch, from, to, update }) {
    writeVarString(encoder, epoch);
    writeVarUint(encoder, from);
    writeVarUint(encoder, to);
    writeFlag(encoder, update !== undefined);
    if (update !== undefined) writeVarUint8Array(encoder, update);
  },
  read: (reader) => ({
    type: 'entries',
    epoch: reader.string(),
    from: reader.varUint(),
    to: reader.varUint(),
    update: readFlag(reader) ? reader.bytes() : undefined,
  }),
};

const compacted: Codec<Of<'compacted'>> = {
  code: 2,
  write(encoder, { epoch, seq }) {
    writeVarString(encoder, epoch);
    writeVarUint(encoder, seq);
  },
  read: (reader) => ({ type: 'compacted', epoch: reader.string(), seq: reader.varUint() }),
};

const replaced: Codec<Of<'replaced'>> = {
  code: 3,
  write(encoder, { code, message }) {
    writeVarString(encoder, code);
    writeVarString(encoder, message);
  },
  read: (reader) => ({ type: 'replaced', code: readErrorCode(reader), message: reader.string() }),
};

const who: Codec<Of<'who'>> = { code: 4, write() {}, read: () => ({ type: 'who' }) };

/** A client id, a clock and two flags, of at least one byte each. */
const MIN_STATE_BYTES = 4;

const awareness: Codec<Of<'awareness'>> = {
  code: 5,
  write(encoder, { states }) {
    writeVarUint(encoder, states.length);
    for (const { client, clock, state, userId } of states) {
      writeVarUint(encoder, client);
      writeVarUint(encoder, clock);
      writeOptional(encoder, state);
      writeOptional(encoder, userId);
    }
  },
  read(reader) {
    const states: OwnedState[] = [];
    for (let left = reader.count(MIN_STATE_BYTES); left > 0; left--) {
      states.push({
        client: reader.varUint(),
        clock: reader.varUint(),
        state: readOptional(reader),
        userId: readOptional(reader),
      });
    }
    return { type: 'awareness', states };
  },
};

const broadcast: Codec<Of<'broadcast'>> = {
  code: 6,
  write(encoder, { from, topic, payload }) {
    writeVarString(encoder, from);
    writeVarString(encoder, topic);
    writeVarUint8Array(encoder, payload);
  },
  read: (reader) => ({
    type: 'broadcast',
    from: reader.string(),
    topic: reader.string(),
    payload: reader.bytes(),
  }),
};

const DOCUMENT_CODECS: Codecs<DocumentMessage> = {
  entries,
  compacted,
  replaced,
  who,
  awareness,
  broadcast,
};

const NODE_CODECS: Codecs<NodeMessage> = {
  'revoke-user': {
    code: 1,
    write: (encoder, { userId }) => writeVarString(encoder, userId),
    read: (reader) => ({ type: 'revoke-user', userId: reader.string() }),
  },
  'revoke-document': {
    code: 2,
    write: (encoder, { documentId }) => writeVarString(encoder, documentId),
    read: (reader) => ({ type: 'revoke-document', documentId: readDocumentId(reader) }),
  },
};

export const encodeDocumentMessage = encoderOf(DOCUMENT_CODECS);
/** Byte fields are views into the frame. @throws SyncError `malformed-frame` */
export const decodeDocumentMessage = decoderOf(DOCUMENT_CODECS);

export const encodeNodeMessage = encoderOf(NODE_CODECS);
/** @throws SyncError `malformed-frame` */
export const decodeNodeMessage = decoderOf(NODE_CODECS);

/** A code that only newer nodes know is a fault to older ones. */
export function readErrorCode(reader: FrameReader): ErrorCode {
  const code = reader.string();
  return Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'internal';
}

function readDocumentId(reader: FrameReader): DocumentId {
  const name = reader.string();
  try {
    return parseDocumentId(name);
  } catch (cause) {
    return reader.refuse('a name is not one of a document', cause);
  }
}

function writeOptional(encoder: Encoder, text: string | null): void {
  writeFlag(encoder, text !== null);
  if (text !== null) writeVarString(encoder, text);
}

function readOptional(reader: FrameReader): string | null {
  return readFlag(reader) ? reader.string() : null;
}
