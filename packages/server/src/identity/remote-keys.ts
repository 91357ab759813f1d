import { SyncError } from '@syncline/protocol';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';

/** How long keys are used before they are fetched anew. */
const MAX_AGE_MS = 600_000;
/** A key that is not among them makes them be fetched anew, at most so often. */
const COOLDOWN_MS = 30_000;
/** After they could not be fetched, nobody who comes makes the server try again within this. */
const RETRY_MS = 1_000;
const TIMEOUT_MS = 5_000;

/**
 * The keys at an address (a JSON Web Key Set, RFC 7517). Those who bring tokens while it does not
 * answer get `internal`, which is retryable in every dialect: their tokens may be good.
 */
export function remoteKeys(url: URL): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, {
    cacheMaxAge: MAX_AGE_MS,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: TIMEOUT_MS,
  });
  let failure: { readonly error: SyncError; readonly until: number } | undefined;
  return async (header, token) => {
    if (failure !== undefined && Date.now() < failure.until) throw failure.error;
    try {
      return await keys(header, token);
    } catch (cause) {
      if (isAboutToken(cause)) throw cause;
      const message = 'the keys to check tokens with cannot be fetched now';
      const error = new SyncError('internal', message, { cause });
      failure = { error, until: Date.now() + RETRY_MS };
      throw error;
    }
  };
}

function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
