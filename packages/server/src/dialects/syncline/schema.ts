import { SyncError } from '@syncline/protocol';
import type { SchemaRange } from '../../edge.ts';

/**
 * Refuses clients whose application is too old or too new for the documents here.
 * @param version of the application's schema; 0 when the client did not say.
 * @throws SyncError `schema-unsupported`
 */
export function checkSchema(version: number, { min, max }: SchemaRange): void {
  if (min !== undefined && version < min) {
    throw new SyncError(
      'schema-unsupported',
      `the application's schema version is ${version || 'not said'}, the server wants ${min} or newer: reload the application`,
    );
  }
  if (max !== undefined && version > max) {
    throw new SyncError(
      'schema-unsupported',
      `the application's schema version is ${version}, the server knows ${max} at most: try again when it was upgraded`,
    );
  }
}
