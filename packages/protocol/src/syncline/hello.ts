import { writeVarString, writeVarUint } from 'lib0/encoding';
import type { FrameReader } from '../frame-reader.ts';
import { type Codec, readFlag, writeFlag } from './codec.ts';
import { MessageType } from './message-type.ts';

/** More versions than this are offered by nobody. */
export const MAX_OFFERED_VERSIONS = 32;

/** The first message of a connection. */
export interface Hello {
  readonly type: 'hello';
  /** The protocol versions that the client speaks. */
  readonly versions: readonly number[];
  readonly clientName: string;
  readonly clientVersion: string;
  /** Of the application; 0: it did not say. */
  readonly schemaVersion: number;
  /** Empty: none. */
  readonly token: string;
}

/** What the server takes of a client, in bytes and pieces. */
export interface SynclineLimits {
  /** The largest frame, in both directions: larger messages travel in fragments. */
  readonly fragmentBytes: number;
  readonly updateBytes: number;
  /** Sessions of the connection. */
  readonly documents: number;
  /** One awareness state. */
  readonly awarenessBytes: number;
  /** One broadcast's payload. */
  readonly broadcastBytes: number;
}

/** The answer to {@link Hello}. */
export interface Welcome {
  readonly type: 'welcome';
  /** The protocol version of all that follows. */
  readonly version: number;
  readonly connectionId: string;
  readonly serverVersion: string;
  /** Empty: anonymous. */
  readonly userId: string;
  /** 0: does not. */
  readonly tokenExpiresInMs: number;
  /** After so long without a sign of life an end asks for one, with a ping. */
  readonly heartbeatMs: number;
  readonly limits: SynclineLimits;
}

/** The connection ends; also the refusal of a {@link Hello}. */
export interface Goodbye {
  readonly type: 'goodbye';
  /** An error code; a newer server may have some that are not known here. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** Whether the client may come back by itself. */
  readonly retry: boolean;
  /** Not before this; 0: the client's own backoff. */
  readonly retryAfterMs: number;
}

export const hello: Codec<Hello> = {
  code: MessageType.hello,
  write(encoder, message) {
    writeVarUint(encoder, message.versions.length);
    for (const version of message.versions) writeVarUint(encoder, version);
    writeVarString(encoder, message.clientName);
    writeVarString(encoder, message.clientVersion);
    writeVarUint(encoder, message.schemaVersion);
    writeVarString(encoder, message.token);
  },
  read: (reader) => ({
    type: 'hello',
    versions: readVersions(reader),
    clientName: reader.string(),
    clientVersion: reader.string(),
    schemaVersion: reader.varUint(),
    token: reader.string(),
  }),
};

function readVersions(reader: FrameReader): number[] {
  const count = reader.count(1);
  if (count > MAX_OFFERED_VERSIONS) reader.refuse(`${count} versions are offered`);
  return Array.from({ length: count }, () => reader.varUint());
}

export const welcome: Codec<Welcome> = {
  code: MessageType.welcome,
  write(encoder, message) {
    writeVarUint(encoder, message.version);
    writeVarString(encoder, message.connectionId);
    writeVarString(encoder, message.serverVersion);
    writeVarString(encoder, message.userId);
    writeVarUint(encoder, message.tokenExpiresInMs);
    writeVarUint(encoder, message.heartbeatMs);
    writeVarUint(encoder, message.limits.fragmentBytes);
    writeVarUint(encoder, message.limits.updateBytes);
    writeVarUint(encoder, message.limits.documents);
    writeVarUint(encoder, message.limits.awarenessBytes);
    writeVarUint(encoder, message.limits.broadcastBytes);
  },
  read: (reader) => ({
    type: 'welcome',
    version: reader.varUint(),
    connectionId: reader.string(),
    serverVersion: reader.string(),
    userId: reader.string(),
    tokenExpiresInMs: reader.varUint(),
    heartbeatMs: reader.varUint(),
    limits: {
      fragmentBytes: reader.varUint(),
      updateBytes: reader.varUint(),
      documents: reader.varUint(),
      awarenessBytes: reader.varUint(),
      broadcastBytes: reader.varUint(),
    },
  }),
};

export const goodbye: Codec<Goodbye> = {
  code: MessageType.goodbye,
  write(encoder, message) {
    writeVarString(encoder, message.code);
    writeVarString(encoder, message.message);
    writeFlag(encoder, message.retry);
    writeVarUint(encoder, message.retryAfterMs);
  },
  read: (reader) => ({
    type: 'goodbye',
    code: reader.string(),
    message: reader.string(),
    retry: readFlag(reader),
    retryAfterMs: reader.varUint(),
  }),
};
