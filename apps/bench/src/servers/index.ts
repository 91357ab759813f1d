import { hocuspocus } from './hocuspocus.ts';
import type { ServerKind } from './server.ts';
import { syncline, synclineHocuspocus } from './syncline.ts';
import { yWebsocket } from './y-websocket.ts';

/** Those of a run, in their turns. The first is the one that is compared with the others. */
export const SERVERS: readonly ServerKind[] = [syncline, hocuspocus, yWebsocket];

/** Those that take part only when they are named. */
export const MORE_SERVERS: readonly ServerKind[] = [synclineHocuspocus];

/** @throws Error that lists the names there are. */
export function serverNamed(name: string): ServerKind {
  const all = [...SERVERS, ...MORE_SERVERS];
  const kind = all.find((kind) => kind.name === name);
  if (kind === undefined) {
    throw new Error(`there is no server "${name}", but: ${all.map(({ name }) => name).join(', ')}`);
  }
  return kind;
}
