import { createSecretKey, type KeyObject } from 'node:crypto';
import { SyncError } from '@syncline/protocol';

/** As long as what HS256 makes of it (RFC 7518, section 3.2). */
export const MIN_SECRET_BYTES = 32;

/**
 * The key for HS256: the bytes of the text in UTF-8, as it stands.
 * @throws SyncError `config-invalid` when it is too short.
 */
export function secretKey(secret: string): KeyObject {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < MIN_SECRET_BYTES) {
    const message = `the secret must have at least ${MIN_SECRET_BYTES} bytes, and has ${bytes.length}; make one with "openssl rand -base64 32"`;
    throw new SyncError('config-invalid', message);
  }
  return createSecretKey(bytes);
}
