import type { Connection, Dialect } from '../connection.ts';
import type { Edge } from '../edge.ts';
import { HocuspocusDialect } from './hocuspocus/dialect.ts';
import { YWebsocketDialect } from './y-websocket/dialect.ts';

/** The type of y-websocket's first message; a Hocuspocus frame begins with the length of its key. */
const SYNC = 0;

/**
 * The dialect that a socket without a subprotocol speaks, by its first frame. The path names a
 * document for y-websocket only: Hocuspocus is often run under some path of its own.
 */
export function chooseDialect(
  first: Uint8Array,
  name: string,
  connection: Connection,
  edge: Edge,
): Dialect {
  return first[0] === SYNC
    ? new YWebsocketDialect(connection, edge, name)
    : new HocuspocusDialect(connection, edge);
}
