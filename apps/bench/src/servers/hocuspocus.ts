import { join } from 'node:path';
import { hocuspocusDialect } from '../driver/hocuspocus.ts';
import { peerFile, peerVersion } from './peers.ts';
import type { ServerKind } from './server.ts';

/** Hocuspocus with its SQLite extension: a document is stored whole, 2 to 10 s after a change. */
export const hocuspocus: ServerKind = {
  name: 'hocuspocus',
  title: 'Hocuspocus',
  dialect: hocuspocusDialect,
  version: () =>
    `@hocuspocus/server ${peerVersion('@hocuspocus/server')} with extension-sqlite ` +
    `${peerVersion('@hocuspocus/extension-sqlite')} and yjs ${peerVersion('yjs')}`,
  command: ({ port, data }) => ({
    args: [peerFile('hocuspocus.js'), String(port), join(data, 'documents.sqlite')],
  }),
};
