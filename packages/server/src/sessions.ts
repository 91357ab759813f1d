import type { Bus, NodeMessage } from '@syncline/bus';
import { type DocumentId, type Rights, SyncError } from '@syncline/protocol';
import type { Logger } from 'pino';
import { contain } from './bulkhead.ts';
import type { Connection } from './connection.ts';
import type { Credential } from './identity/credential.ts';
import { ANONYMOUS } from './identity/identity.ts';
import type { Limits } from './limits.ts';
import type { Policy } from './policy.ts';
import { Quotas } from './quotas.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import { type Peer, Session, type SessionContext } from './session.ts';

export interface SessionsOptions {
  readonly rooms: Rooms;
  readonly bus: Bus;
  readonly policy: Policy;
  readonly limits: Limits;
  readonly logger: Logger;
}

/** Which sessions an operator means. */
export type SessionSelection = { readonly user: string } | { readonly document: DocumentId };

/** Every session there is: admitted here, and checked again when what they may do has changed. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Set<Session>();
  readonly #context: SessionContext;
  readonly #quotas: Quotas;

  constructor(options: SessionsOptions) {
    this.#options = options;
    const { limits, policy, logger } = options;
    this.#quotas = new Quotas(limits);
    this.#context = {
      limits,
      policy,
      onLeave: (session) => {
        session.account.close();
        session.connection.sessionCount--;
        this.#sessions.delete(session);
        session.credential.sessions.delete(session);
      },
      onFault: ({ documentId, userId }, err) => {
        logger.error({ documentId, userId, err }, 'a session caused a fault, and was ended');
      },
    };
  }

  get count(): number {
    return this.#sessions.size;
  }

  /** @throws SyncError `server-busy` when a session that is opened now would wait too long for its turn. */
  mustBeSoon(): void {
    this.#options.rooms.mustBeSoon();
  }

  /**
   * Opens a session on a document, once its log was read.
   * @throws SyncError `access-denied`, `token-missing`, `token-invalid`, `token-expired`,
   *   `too-many-documents`, `too-many-sessions`, `load-failed`, `store-damaged`, `server-busy`
   */
  async attach(
    documentId: DocumentId,
    {
      connection,
      credential,
      peer,
    }: {
      readonly connection: Connection;
      readonly credential: Credential;
      readonly peer: Peer;
    },
  ): Promise<Session> {
    const { limits } = this.#options;
    this.#mustRead(credential, documentId);
    this.mustBeSoon();
    if (connection.sessionCount >= limits.documentsPerConnection) {
      throw new SyncError(
        'too-many-documents',
        `the connection has limits.documentsPerConnection (${limits.documentsPerConnection}) already`,
      );
    }
    const account = this.#quotas.of(credential);
    account.open();
    connection.sessionCount++;
    try {
      const room = await this.#openRoom(documentId);
      // Much can have changed while the log was read; from here on nothing waits.
      const rights = this.#mustRead(credential, documentId);
      if (!connection.isOpen) throw new SyncError('server-stopping', 'the connection was closed');
      if (room.sessionCount >= limits.sessionsPerDocument) {
        throw new SyncError(
          'too-many-sessions',
          `the document has limits.sessionsPerDocument (${limits.sessionsPerDocument}) already`,
        );
      }
      const context = this.#context;
      const session = new Session({
        room,
        credential,
        account,
        peer,
        rights,
        connection,
        context,
      });
      this.#sessions.add(session);
      credential.sessions.add(session);
      room.join(session);
      connection.hasBeenOfUse();
      return session;
    } catch (error) {
      account.close();
      connection.sessionCount--;
      throw error;
    }
  }

  /** A token is past its time: its sessions go on with what nobody needs a token for, or end. */
  expire(credential: Credential): void {
    const { policy } = this.#options;
    if (policy.allowsAnonymous) credential.forget();
    for (const session of credential.sessions) {
      contain(
        () => {
          const rights = policy.rightsOf(ANONYMOUS, session.documentId, credential.request);
          if (policy.allowsAnonymous && rights.read) session.changeRights(rights);
          else session.end(new SyncError('token-expired', 'the token is past its time'));
        },
        (cause) => session.fail(cause),
      );
    }
  }

  /** Puts in force what the policy says now. */
  recheck(sessions: Iterable<Session> = this.#sessions): void {
    for (const session of sessions) {
      contain(
        () => session.changeRights(this.#mustRead(session.credential, session.documentId)),
        (cause) => (cause instanceof SyncError ? session.end(cause) : session.fail(cause)),
      );
    }
  }

  /**
   * Ends sessions on all nodes, so that their clients have to show again what they may do; how many
   * there were on this one. Tokens that a user got before are refused.
   */
  revoke(selection: SessionSelection): number {
    this.#options.bus.tellAll(
      'user' in selection
        ? { type: 'revoke-user', userId: selection.user }
        : { type: 'revoke-document', documentId: selection.document },
    );
    return this.#revokeHere(selection);
  }

  /** Takes what another node tells. */
  hear(message: NodeMessage): void {
    if (message.type === 'revoke-user') this.#revokeHere({ user: message.userId });
    else this.#revokeHere({ document: message.documentId });
  }

  #revokeHere(selection: SessionSelection): number {
    if ('user' in selection) this.#options.policy.revoke(selection.user);
    const meant = Array.from(this.#sessions).filter((session) =>
      'user' in selection
        ? session.userId === selection.user
        : session.documentId === selection.document,
    );
    const reason = new SyncError('session-revoked', 'an operator ended the session');
    for (const session of meant) session.end(reason);
    return meant.length;
  }

  #mustRead({ identity, request }: Credential, documentId: DocumentId): Rights {
    const { policy } = this.#options;
    policy.mustHold(identity);
    const rights = policy.rightsOf(identity, documentId, request);
    if (rights.read) return rights;
    // The same for what is not there: a name that was guessed tells nothing.
    throw new SyncError('access-denied', 'there is no such document, or no right to read it');
  }

  async #openRoom(documentId: DocumentId): Promise<Room> {
    try {
      return await this.#options.rooms.enter(documentId);
    } catch (error) {
      if (error instanceof SyncError && error.code === 'server-busy') throw error;
      this.#options.logger.error({ documentId, err: error }, 'a document could not be loaded');
      const isDamaged = error instanceof SyncError && error.code === 'store-damaged';
      throw isDamaged
        ? new SyncError('store-damaged', 'the stored document is damaged')
        : new SyncError('load-failed', 'the document could not be loaded; try again later');
    }
  }
}
