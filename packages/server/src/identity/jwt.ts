import type { KeyObject } from 'node:crypto';
import { SyncError } from '@syncline/protocol';
import { errors, type JWTVerifyGetKey, type JWTVerifyResult, jwtVerify } from 'jose';
import { millisecondsOf, toClaims } from './claims.ts';
import { ANONYMOUS, type Authenticator, type Identity } from './identity.ts';
import { PUBLIC_KEY_ALGORITHMS, readPublicKey } from './public-key.ts';
import { remoteKeys } from './remote-keys.ts';
import { secretKey } from './secret.ts';

/** A longer token is not looked at. */
const MAX_TOKEN_LENGTH = 16_384;
const DEFAULT_TOLERANCE_SECONDS = 5;

export const JWT_ALGORITHMS = ['HS256', ...PUBLIC_KEY_ALGORITHMS] as const;

export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** Exactly one of `secret`, `publicKey` and `jwksUrl`. */
export interface JwtOptions {
  /** For HS256, at least 32 bytes. */
  readonly secret?: string | undefined;
  /** PEM (SPKI): RSA for RS256, P-256 for ES256, Ed25519 for EdDSA. */
  readonly publicKey?: string | undefined;
  /** The address of a JSON Web Key Set. */
  readonly jwksUrl?: string | undefined;
  /** Those that are accepted; without them, all that go with the kind of key. */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined;
  /** What the claim `iss` must be. */
  readonly issuer?: string | undefined;
  /** What the claim `aud` must be or hold. */
  readonly audience?: string | undefined;
  readonly allowAnonymous?: boolean | undefined;
  /** How far the clocks of who issues tokens and of this machine may be apart. */
  readonly clockToleranceSeconds?: number | undefined;
}

interface Key {
  readonly key: KeyObject | JWTVerifyGetKey;
  /** What goes with the kind of key: a public key is never taken for a secret. */
  readonly algorithms: readonly JwtAlgorithm[];
}

/**
 * Accepts signed tokens (JWT, RFC 7519).
 * @throws SyncError `config-invalid` for keys that cannot be used. Who comes gets, besides what
 *   {@link Authenticator} says, `internal` when keys cannot be fetched.
 */
export function createJwtAuthenticator(options: JwtOptions): Authenticator {
  const { key, algorithms } = keyOf(options);
  const accepted = algorithms.filter((one) => options.algorithms?.includes(one) ?? true);
  if (accepted.length === 0) {
    const message = `the key goes with ${algorithms.join(', ')}, not with ${options.algorithms?.join(', ')}`;
    throw new SyncError('config-invalid', message);
  }
  const tolerance = options.clockToleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
  const checks = {
    // Ed25519 is another name of what EdDSA stands for here (RFC 9864).
    algorithms: accepted.flatMap((name) => (name === 'EdDSA' ? ['EdDSA', 'Ed25519'] : [name])),
    clockTolerance: tolerance,
    ...(options.issuer !== undefined && { issuer: options.issuer }),
    ...(options.audience !== undefined && { audience: options.audience }),
  };
  const allowsAnonymous = options.allowAnonymous ?? false;
  return {
    allowsAnonymous,
    authenticate: async (token) => {
      if (token === undefined || token === '') {
        if (allowsAnonymous) return ANONYMOUS;
        throw new SyncError('token-missing', 'this server needs a token');
      }
      if (token.length > MAX_TOKEN_LENGTH) {
        throw new SyncError('token-invalid', `a token has at most ${MAX_TOKEN_LENGTH} characters`);
      }
      try {
        const result = await (typeof key === 'function'
          ? verifyByAny(token, key, checks)
          : jwtVerify(token, key, checks));
        return identityOf(result, tolerance);
      } catch (error) {
        throw refusal(error);
      }
    },
  };
}

/** Where several keys could have signed a token that does not name one, each is tried. */
async function verifyByAny(
  token: string,
  keys: JWTVerifyGetKey,
  checks: Parameters<typeof jwtVerify>[2],
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys, checks);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, checks);
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function keyOf({ secret, publicKey, jwksUrl }: JwtOptions): Key {
  const given = [secret, publicKey, jwksUrl].filter((value) => value !== undefined);
  if (given.length !== 1) {
    const message = 'tokens are checked by exactly one of secret, publicKey and jwksUrl';
    throw new SyncError('config-invalid', message);
  }
  if (secret !== undefined) return { key: secretKey(secret), algorithms: ['HS256'] };
  if (publicKey !== undefined) {
    const { key, algorithm } = readPublicKey(publicKey);
    return { key, algorithms: [algorithm] };
  }
  const url = URL.canParse(jwksUrl ?? '') ? new URL(jwksUrl ?? '') : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new SyncError('config-invalid', `jwksUrl must be an http or https URL, not ${jwksUrl}`);
  }
  return { key: remoteKeys(url), algorithms: PUBLIC_KEY_ALGORITHMS };
}

function identityOf({ payload }: JWTVerifyResult, toleranceSeconds: number): Identity {
  const expiresAt = millisecondsOf(payload.exp);
  return {
    user: toClaims(payload),
    // Who just came in is not sent away for the same difference of clocks.
    ...(expiresAt !== undefined && { expiresAt: expiresAt + toleranceSeconds * 1_000 }),
    // A token that does not say may be as old as can be.
    issuedAt: millisecondsOf(payload.iat) ?? 0,
  };
}

/** What a client is told. jose's messages name claims and algorithms, and never the token. */
function refusal(error: unknown): unknown {
  if (error instanceof SyncError) return error;
  if (error instanceof errors.JWTExpired) {
    return new SyncError('token-expired', 'the token has expired');
  }
  if (error instanceof errors.JOSEError) {
    return new SyncError('token-invalid', `the token is not accepted: ${error.message}`);
  }
  // Node's crypto on a signature or key that is not of the kind: the token's fault as well.
  return new SyncError('token-invalid', 'the token is not accepted', { cause: error });
}
