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
    this.mustHold(identity);
    return identity;
  }

  /**
   * Refuses an identity that counted once and does not any more.
   * @throws SyncError `token-missing`, `token-invalid`, `token-expired`
   */
  mustHold({ user, expiresAt, issuedAt }: Identity): void {
    if (user === null) {
      if (this.allowsAnonymous) return;
      throw new SyncError('token-missing', 'this server needs a token');
    }
    if (expiresAt !== undefined && expiresAt <= Date.now()) {
      throw new SyncError('token-expired', 'the token is past its time');
    }
    const revokedAt = this.#revoked.get(user.id);
    if (revokedAt !== undefined && issuedAt !== undefined && issuedAt <= revokedAt) {
      throw new SyncError('token-invalid', 'the token was issued before an operator revoked it');
    }
  }

  rightsOf(identity: Identity, documentId: DocumentId, request: RequestFacts): Rights {
    return this.#parts.rules.rightsOf(identity, documentId, request);
  }

  /** Whether somebody may do an operator's work on the server as a whole. */
  isAdmin(identity: Identity, request: RequestFacts): boolean {
    return this.#parts.rules.isAdmin(identity, request);
  }

  /**
   * Tokens of a user that were issued up to now are refused from now on, as long as this process
   * lives. Most tokens say the second in which they were issued, and no more: one from the second
   * in which this is called is refused too, since it may be from before. An authenticator that does
   * not say when a token was issued is left to decide.
   */
  revoke(userId: string): void {
    this.#revoked.set(userId, Date.now());
  }
}
