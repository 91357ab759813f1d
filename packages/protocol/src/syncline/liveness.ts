import type { Codec } from './codec.ts';
import { MessageType } from './message-type.ts';

/** "Are you there?", from either end. */
export interface Ping {
  readonly type: 'ping';
}

/** The answer to a {@link Ping}. */
export interface Pong {
  readonly type: 'pong';
}

export const ping: Codec<Ping> = {
  code: MessageType.ping,
  write: () => {},
  read: () => ({ type: 'ping' }),
};

export const pong: Codec<Pong> = {
  code: MessageType.pong,
  write: () => {},
  read: () => ({ type: 'pong' }),
};
