import { yWebsocketDialect } from '../driver/y-websocket.ts';
import { peerFile, peerVersion } from './peers.ts';
import type { ServerKind } from './server.ts';

/** The server that y-websocket 2 brings, as its README starts it: each update is stored, unsynced. */
export const yWebsocket: ServerKind = {
  name: 'y-websocket',
  title: 'y-websocket',
  dialect: yWebsocketDialect,
  version: () =>
    `y-websocket ${peerVersion('y-websocket')} with y-leveldb ${peerVersion('y-leveldb')} ` +
    `and yjs ${peerVersion('yjs')}`,
  command: ({ port, data }) => ({
    args: [peerFile('node_modules/y-websocket/bin/server.cjs')],
    env: { HOST: '127.0.0.1', PORT: String(port), YPERSISTENCE: data },
  }),
};
