import { writeVarString, writeVarUint } from 'lib0/encoding';
import type { Codec } from './codec.ts';
import { MessageType } from './message-type.ts';

/** A newer token, in the middle of a connection. */
export interface Token {
  readonly type: 'token';
  readonly token: string;
}

/** The connection goes on with this identity. */
export interface TokenAccepted {
  readonly type: 'token-accepted';
  /** Empty: anonymous. */
  readonly userId: string;
  /** 0: does not. */
  readonly expiresInMs: number;
}

/** The old identity goes on until it ends. */
export interface TokenRefused {
  readonly type: 'token-refused';
  readonly code: string;
  /** For people. */
  readonly message: string;
}

/** The token ends soon: send a newer one. */
export interface TokenExpiring {
  readonly type: 'token-expiring';
  readonly inMs: number;
}

export const token: Codec<Token> = {
  code: MessageType.token,
  write: (encoder, message) => writeVarString(encoder, message.token),
  read: (reader) => ({ type: 'token', token: reader.string() }),
};

export const tokenAccepted: Codec<TokenAccepted> = {
  code: MessageType.tokenAccepted,
  write(encoder, message) {
    writeVarString(encoder, message.userId);
    writeVarUint(encoder, message.expiresInMs);
  },
  read: (reader) => ({
    type: 'token-accepted',
    userId: reader.string(),
    expiresInMs: reader.varUint(),
  }),
};

export const tokenRefused: Codec<TokenRefused> = {
  code: MessageType.tokenRefused,
  write(encoder, message) {
    writeVarString(encoder, message.code);
    writeVarString(encoder, message.message);
  },
  read: (reader) => ({ type: 'token-refused', code: reader.string(), message: reader.string() }),
};

export const tokenExpiring: Codec<TokenExpiring> = {
  code: MessageType.tokenExpiring,
  write: (encoder, message) => writeVarUint(encoder, message.inMs),
  read: (reader) => ({ type: 'token-expiring', inMs: reader.varUint() }),
};
