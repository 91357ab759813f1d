import {
  type ClientMessageOf,
  chooseVersion,
  PROTOCOL_VERSIONS,
  type ServerMessageOf,
  SyncError,
} from '@syncline/protocol';
import type { Connection } from '../../connection.ts';
import type { Edge } from '../../edge.ts';
import { Credential } from '../../identity/credential.ts';
import { FRAGMENT_BYTES } from './frame-of.ts';
import { checkSchema } from './schema.ts';

/** Each end says something at least this often. */
const HEARTBEAT_MS = 20_000;

/**
 * Finds out who says hello, and what to answer.
 * @throws SyncError `version-unsupported`, `schema-unsupported`, `token-missing`, `token-invalid`,
 *   `token-expired`, `too-many-connections`, `server-busy`
 */
export async function greet(
  hello: ClientMessageOf<'hello'>,
  connection: Connection,
  { policy, connections, sessions, limits, schema, version: serverVersion }: Edge,
): Promise<{ readonly credential: Credential; readonly welcome: ServerMessageOf<'welcome'> }> {
  const version = chooseVersion(hello.versions);
  if (version === undefined) throw noCommonVersion(hello.versions);
  checkSchema(hello.schemaVersion, schema);
  sessions.mustBeSoon();
  const token = hello.token === '' ? connection.token : hello.token;
  const identity = await policy.authenticate(token, connection.request);
  connections.claim(connection, identity.user?.id);
  const credential = new Credential(identity, connection.request);
  const welcome: ServerMessageOf<'welcome'> = {
    type: 'welcome',
    version,
    connectionId: connection.id,
    serverVersion,
    userId: identity.user?.id ?? '',
    tokenExpiresInMs: Math.ceil(credential.expiresInMs),
    heartbeatMs: HEARTBEAT_MS,
    limits: {
      fragmentBytes: Math.min(FRAGMENT_BYTES, limits.frameBytes),
      updateBytes: limits.updateBytes,
      documents: limits.documentsPerConnection,
      awarenessBytes: limits.awarenessBytes,
      broadcastBytes: limits.broadcastBytes,
    },
  };
  return { credential, welcome };
}

function noCommonVersion(offered: readonly number[]): SyncError {
  const spoken = PROTOCOL_VERSIONS.join(', ');
  return new SyncError(
    'version-unsupported',
    `this server speaks ${spoken}, the client ${offered.join(', ')}: upgrade the older one`,
  );
}
