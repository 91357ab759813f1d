import { inspect } from 'node:util';
import { SyncError } from '@syncline/protocol';
import { millisecondsOf, toClaims } from './claims.ts';
import { ANONYMOUS, type Authenticator, type Identity, type RequestFacts } from './identity.ts';

/** What a function of the configuration is given. */
export interface AuthenticationRequest extends RequestFacts {
  /** As the client sent it; undefined when it sent none. */
  readonly token: string | undefined;
}

/**
 * A function of the configuration that finds out who somebody is. It returns claims with an `id`
 * (and with `exp`, in seconds since 1970, when they end then), or null for who may only come in
 * where anonymous users may. What it throws refuses the token.
 */
export type Authenticate = (request: AuthenticationRequest) => unknown;

export interface CustomOptions {
  readonly allowAnonymous?: boolean | undefined;
  /** Is told what the function threw, as text for the log without the token. */
  readonly onFailure?: (failure: string) => void;
}

/**
 * Lets a function of the configuration decide. What it throws is the `cause` of the
 * `token-invalid` that the client gets; the client is not told.
 */
export function createCustomAuthenticator(
  authenticate: Authenticate,
  { allowAnonymous = false, onFailure }: CustomOptions = {},
): Authenticator {
  return {
    allowsAnonymous: allowAnonymous,
    authenticate: async (token, request) => {
      const shown = token === '' ? undefined : token;
      const answer = await ask(authenticate, { ...request, token: shown }).catch((error: Error) => {
        const failure = inspect(error.cause);
        onFailure?.(shown === undefined ? failure : failure.replaceAll(shown, '…'));
        throw error;
      });
      if (answer !== null) return identityOf(answer);
      if (allowAnonymous) return ANONYMOUS;
      if (shown === undefined) throw new SyncError('token-missing', 'this server needs a token');
      throw new SyncError('token-invalid', 'the token is not accepted');
    },
  };
}

/** Claims become what JSON can say, since rules know no other values. */
async function ask(
  authenticate: Authenticate,
  request: AuthenticationRequest,
): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const answer = await authenticate(request);
    if (answer === null) return null;
    if (typeof answer === 'object' && !Array.isArray(answer)) {
      return JSON.parse(JSON.stringify(answer)) as Record<string, unknown>;
    }
  } catch (cause) {
    throw new SyncError('token-invalid', 'the token is not accepted', { cause });
  }
  const cause = new TypeError('authenticate must return an object with an id, or null');
  throw new SyncError('token-invalid', 'the token is not accepted', { cause });
}

function identityOf(answer: Readonly<Record<string, unknown>>): Identity {
  const user = toClaims(answer);
  const expiresAt = millisecondsOf(answer['exp']);
  if (expiresAt !== undefined && expiresAt <= Date.now()) {
    throw new SyncError('token-expired', 'the token has expired');
  }
  return { user, expiresAt, issuedAt: millisecondsOf(answer['iat']) };
}
