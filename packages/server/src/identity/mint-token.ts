import { SignJWT } from 'jose';
import { secretKey } from './secret.ts';

export interface TokenOptions {
  readonly secret: string;
  /** The claim `sub`. */
  readonly user: string;
  readonly ttlSeconds: number;
  /** What else the token says. `sub`, `iat` and `exp` are not taken from here. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/**
 * Signs a token with HS256.
 * @throws SyncError `config-invalid` when the secret is too short.
 */
export async function mintToken(options: TokenOptions): Promise<string> {
  const { secret, user, ttlSeconds, claims, issuer, audience } = options;
  const now = Math.floor(Date.now() / 1_000);
  const token = new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(user)
    .setIssuedAt(now)
    .setExpirationTime(now + ttlSeconds);
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return await token.sign(secretKey(secret));
}
