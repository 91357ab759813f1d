import { writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import { decodeRights, encodeRights, type Rights } from '../rights.ts';
import { type Codec, readFlag, writeFlag } from './codec.ts';
import { MessageType } from './message-type.ts';

/** Begins a session. */
export interface Attach {
  readonly type: 'attach';
  /** The number of the session, chosen by the client: none of an open one, or of one that it detached. */
  readonly channel: number;
  /** As it came: see `parseDocumentId`. */
  readonly documentId: string;
  /** That of the client's copy; empty: it knows none. */
  readonly epoch: string;
  /** The client's cursor: it has all up to this seq. 0: nothing. */
  readonly since: number;
  readonly stateVector: Uint8Array;
  /** How many of the last broadcasts the client wants. */
  readonly replay: number;
}

/** The session is there. */
export interface Attached {
  readonly type: 'attached';
  readonly channel: number;
  /** Empty: nobody ever wrote to the document. */
  readonly epoch: string;
  readonly head: number;
  readonly rights: Rights;
  /** Of the log: the client answers with an update of what it lacks, if there is any. */
  readonly stateVector: Uint8Array;
}

/** The client's copy is of another incarnation, and not to be merged. There is no session. */
export interface Reset {
  readonly type: 'reset';
  readonly channel: number;
  /** Of the document as it is now: attach with it, and without content. */
  readonly epoch: string;
}

/** What the session may do has changed. */
export interface RightsChanged {
  readonly type: 'rights';
  readonly channel: number;
  readonly rights: Rights;
}

/** The client ends the session. Not answered; what is under way on the channel is dropped. */
export interface Detach {
  readonly type: 'detach';
  readonly channel: number;
}

/** The session is over, or was refused; the connection stays. The last message of the session. */
export interface Detached {
  readonly type: 'detached';
  readonly channel: number;
  /** An error code; a newer server may have some that are not known here. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** Whether the client may attach again by itself. */
  readonly retry: boolean;
  /** Not before this; 0: the client's own backoff. */
  readonly retryAfterMs: number;
}

export const attach: Codec<Attach> = {
  code: MessageType.attach,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarString(encoder, message.documentId);
    writeVarString(encoder, message.epoch);
    writeVarUint(encoder, message.since);
    writeVarUint8Array(encoder, message.stateVector);
    writeVarUint(encoder, message.replay);
  },
  read: (reader) => ({
    type: 'attach',
    channel: reader.varUint(),
    documentId: reader.string(),
    epoch: reader.string(),
    since: reader.varUint(),
    stateVector: reader.bytes(),
    replay: reader.varUint(),
  }),
};

export const attached: Codec<Attached> = {
  code: MessageType.attached,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarString(encoder, message.epoch);
    writeVarUint(encoder, message.head);
    writeVarUint(encoder, encodeRights(message.rights));
    writeVarUint8Array(encoder, message.stateVector);
  },
  read: (reader) => ({
    type: 'attached',
    channel: reader.varUint(),
    epoch: reader.string(),
    head: reader.varUint(),
    rights: decodeRights(reader.varUint()),
    stateVector: reader.bytes(),
  }),
};

export const reset: Codec<Reset> = {
  code: MessageType.reset,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarString(encoder, message.epoch);
  },
  read: (reader) => ({ type: 'reset', channel: reader.varUint(), epoch: reader.string() }),
};

export const rights: Codec<RightsChanged> = {
  code: MessageType.rights,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarUint(encoder, encodeRights(message.rights));
  },
  read: (reader) => ({
    type: 'rights',
    channel: reader.varUint(),
    rights: decodeRights(reader.varUint()),
  }),
};

export const detach: Codec<Detach> = {
  code: MessageType.detach,
  write: (encoder, message) => writeVarUint(encoder, message.channel),
  read: (reader) => ({ type: 'detach', channel: reader.varUint() }),
};

export const detached: Codec<Detached> = {
  code: MessageType.detached,
  write(encoder, message) {
    writeVarUint(encoder, message.channel);
    writeVarString(encoder, message.code);
    writeVarString(encoder, message.message);
    writeFlag(encoder, message.retry);
    writeVarUint(encoder, message.retryAfterMs);
  },
  read: (reader) => ({
    type: 'detached',
    channel: reader.varUint(),
    code: reader.string(),
    message: reader.string(),
    retry: readFlag(reader),
    retryAfterMs: reader.varUint(),
  }),
};
