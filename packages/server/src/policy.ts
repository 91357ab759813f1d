import { type DocumentId, type Rights, SyncError } from '@syncline/protocol';
import type { Authenticator, Identity, RequestFacts } from './identity/identity.ts';
import { openAuthenticator } from './identity/open.ts';
import type { Rules } from './rules/rules.ts';

/** What can be put in force while the server runs. */
export interface PolicyParts {
  readonly authenticator: Authenticator;
  readonly rules: Rules;
}

/** Who somebody is, and what they may do: the parts that are in force now. */
export class Policy {
  #parts: PolicyParts;
  /** When an operator revoked what a user had, in milliseconds since 1970. */
  readonly #revoked = new Map<string, number>();

  constructor(parts: PolicyParts) {
    this.#parts = parts;
  }

  replace(parts: PolicyParts): void {
    this.#parts = parts;
  }

  /** Whether anybody has to show who they are. */
  get isAuthenticating(): boolean {
    return this.#parts.authenticator !== openAuthenticator;
  }

  get allowsAnonymous(): boolean {
    return this.#parts.authenticator.allowsAnonymous;
  }

  /** @throws SyncError `token-missing`, `token-invalid`, `token-expired` */
  async authenticate(token: string | undefined, request: RequestFacts): Promise<Identity> {
    const identity = await this.#parts.authenticator.authenticate(token, request);
    this.#refuseRevoked(identity);
    return identity;
  }

  rightsOf(identity: Identity, documentId: DocumentId, request: RequestFacts): Rights {
    return this.#parts.rules.rightsOf(identity, documentId, request);
  }

  /**
   * Tokens of a user that were issued up to now are refused from now on, as long as this process
   * lives.
   */
  revoke(userId: string): void {
    this.#revoked.set(userId, Date.now());
  }

  #refuseRevoked({ user, issuedAt }: Identity): void {
    const revokedAt = user === null ? undefined : this.#revoked.get(user.id);
    if (revokedAt === undefined || issuedAt === undefined || issuedAt > revokedAt) return;
    throw new SyncError('token-invalid', 'the token was issued before an operator revoked it');
  }
}
