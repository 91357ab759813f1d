/** What a token says of its bearer. `id` is the claim `id`, else `sub`. */
export type Claims = Readonly<Record<string, unknown>> & { readonly id: string };

/** Who somebody is. */
export interface Identity {
  /** Null for who has shown nothing, where that is allowed. */
  readonly user: Claims | null;
  /** When it ends, in milliseconds since 1970; undefined when it does not. */
  readonly expiresAt?: number | undefined;
  /** When it was issued, in milliseconds since 1970, as far as that is known. */
  readonly issuedAt?: number | undefined;
}

export const ANONYMOUS: Identity = { user: null };

/** What is known of a connection besides its token: what rules see as `request`. */
export interface RequestFacts {
  /** The address of the client; behind proxies that are trusted, what they say it is. */
  readonly address: string;
  /** The page that opened the connection, if it was one. */
  readonly origin: string | undefined;
  /** The path that was asked for, without the query. */
  readonly path: string;
  /** The headers, with names in lower case. They carry tokens: write them into no log. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Finds out who somebody is. */
export interface Authenticator {
  /** Whether who shows no token may come in, with {@link ANONYMOUS}. */
  readonly allowsAnonymous: boolean;
  /**
   * @param token as the client sent it; undefined when it sent none.
   * @throws SyncError `token-missing`, `token-invalid`, `token-expired`
   */
  authenticate(token: string | undefined, request: RequestFacts): Promise<Identity>;
}
