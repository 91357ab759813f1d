import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Dialect } from '../driver/dialect.ts';
import { hocuspocusDialect } from '../driver/hocuspocus.ts';
import { yWebsocketDialect } from '../driver/y-websocket.ts';
import type { ServerKind } from './server.ts';

const CLI = new URL('../../../../packages/cli/', import.meta.url);
const COMMAND = fileURLToPath(new URL('bin/syncline.js', CLI));

/** `syncline serve` with its defaults: LevelDB, and a synced commit before anybody is told. */
function synclineWith(name: string, title: string, dialect: Dialect): ServerKind {
  return {
    name,
    title,
    dialect,
    version: () => {
      const text = readFileSync(new URL('package.json', CLI), 'utf8');
      return `Syncline ${(JSON.parse(text) as { version: string }).version}`;
    },
    command: ({ port, data }) => ({
      args: [COMMAND, 'serve', '--port', String(port), '--data', data],
    }),
  };
}

/** Driven as y-websocket's clients do. */
export const syncline = synclineWith('syncline', 'Syncline', yWebsocketDialect);

/** Driven as Hocuspocus's clients do. Not part of a run unless it is named. */
export const synclineHocuspocus = synclineWith(
  'syncline-hocuspocus',
  'Syncline (Hocuspocus clients)',
  hocuspocusDialect,
);
