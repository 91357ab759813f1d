import {
  type DocumentId,
  decodeHocuspocus,
  documentNameOfKey,
  ERROR_CODES,
  encodeHocuspocus,
  encodeHocuspocusPing,
  encodeHocuspocusPong,
  type HocuspocusClientMessage,
  parseDocumentId,
  SyncError,
} from '@syncline/protocol';
import type { Connection, Dialect } from '../../connection.ts';
import type { Edge } from '../../edge.ts';
import { Credential } from '../../identity/credential.ts';
import type { Session } from '../../session.ts';
import { EarlyMessages } from '../early-messages.ts';
import { HocuspocusSession } from './hocuspocus-session.ts';

/** A key is a document's name and, after a NUL, the id of a session. */
const MAX_KEY_LENGTH = 1_024;
/** So many refused keys are remembered, for which nothing counts but another token. */
const MAX_REFUSED = 100;

type Message = HocuspocusClientMessage;

/** One document of the socket: waiting for its token, being let in, or open. */
interface Attachment {
  readonly key: string;
  readonly documentId: DocumentId;
  readonly peer: HocuspocusSession;
  /** Until it is open. */
  deadline: NodeJS.Timeout | undefined;
  isAuthenticating: boolean;
  credential?: Credential;
  session?: Session;
}

/** Hocuspocus, providers 3 and 4: many documents a socket, each with a token of its own. */
export class HocuspocusDialect implements Dialect {
  readonly #connection: Connection;
  readonly #edge: Edge;
  readonly #attachments = new Map<string, Attachment>();
  readonly #refused = new Set<string>();
  readonly #early: EarlyMessages<Message>;
  /** Whether the client said a version: those that do answer pings. */
  #answersPings = false;
  #lastKey: string | undefined;

  constructor(connection: Connection, edge: Edge) {
    this.#connection = connection;
    this.#edge = edge;
    this.#early = new EarlyMessages(edge.limits);
  }

  receive(bytes: Uint8Array): void {
    const frame = decodeHocuspocus(bytes);
    if (frame.type === 'ping') {
      this.#connection.write(this.#connection.frame(encodeHocuspocusPong()));
    } else if (frame.type !== 'pong') {
      const { key, ...message } = frame;
      this.#route(key, message, bytes.length);
    }
  }

  /** Providers drop a socket that is silent for 30 s, and those of version 3 know no ping. */
  keepAlive(): void {
    if (this.#answersPings) {
      this.#connection.write(this.#connection.frame(encodeHocuspocusPing()));
    } else if (this.#lastKey !== undefined) {
      const frame = encodeHocuspocus(this.#lastKey, { type: 'awareness', entries: [] });
      this.#connection.write(this.#connection.frame(frame));
    }
  }

  /** The close code says it. */
  goodbye(): void {}

  closed(): void {
    for (const key of this.#attachments.keys()) this.#detach(key);
  }

  #route(key: string, message: Message, bytes: number): void {
    if (key.length > MAX_KEY_LENGTH) throw new SyncError('malformed-frame', 'the key is too long');
    this.#lastKey = key;
    try {
      const attachment = this.#attachments.get(key);
      if (message.type === 'close') {
        this.#detach(key);
      } else if (message.type === 'auth') {
        this.#authenticate(attachment ?? this.#begin(key), message);
      } else if (attachment?.session !== undefined) {
        attachment.peer.take(message);
      } else if (!this.#refused.has(key)) {
        if (attachment === undefined) this.#begin(key);
        this.#early.add(key, copyOf(message), bytes);
      }
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      this.#refuse(key, error);
    }
  }

  #begin(key: string): Attachment {
    const { limits } = this.#edge;
    const documentId = parseDocumentId(documentNameOfKey(key));
    if (this.#attachments.size >= limits.documentsPerConnection) {
      throw new SyncError(
        'too-many-documents',
        `the connection has limits.documentsPerConnection (${limits.documentsPerConnection}) already`,
      );
    }
    const attachment: Attachment = {
      key,
      documentId,
      peer: new HocuspocusSession(this.#connection, limits, key, (reason) =>
        this.#refuse(key, reason),
      ),
      isAuthenticating: false,
      deadline: setTimeout(() => {
        const reason = `no token came within limits.attachMs (${limits.attachMs})`;
        this.#connection.contain(() => this.#deny(key, new SyncError('auth-timeout', reason)));
      }, limits.attachMs).unref(),
    };
    this.#attachments.set(key, attachment);
    return attachment;
  }

  #authenticate(attachment: Attachment, { token, version }: Message & { type: 'auth' }): void {
    if (version !== undefined) this.#answersPings = true;
    if (attachment.isAuthenticating) return;
    attachment.isAuthenticating = true;
    const { credential } = attachment;
    const work =
      credential === undefined
        ? this.#attach(attachment, token)
        : this.#renew(attachment.peer, credential, token);
    work
      .catch((error: unknown) => {
        const { logger } = this.#edge;
        if (!(error instanceof SyncError))
          logger.error({ err: error }, 'a client could not be let in');
        const reason =
          error instanceof SyncError ? error : new SyncError('internal', 'a fault of the server');
        if (this.#attachments.get(attachment.key) !== attachment) return; // the client left meanwhile
        if (credential === undefined) this.#refuse(attachment.key, reason);
        else logger.info({ code: reason.code }, 'a newer token was refused'); // the old one holds
      })
      .finally(() => {
        attachment.isAuthenticating = false;
      });
  }

  async #attach(attachment: Attachment, token: string): Promise<void> {
    const { key, documentId, peer } = attachment;
    const { policy, sessions, connections } = this.#edge;
    const connection = this.#connection;
    this.#refused.delete(key);
    const shown = token === '' ? connection.token : token;
    const identity = await policy.authenticate(shown, connection.request);
    connections.claim(connection, identity.user?.id);
    if (this.#attachments.get(key) !== attachment) return;
    const credential = new Credential(identity, connection.request);
    this.#watch(credential, peer);
    attachment.credential = credential;
    const session = await sessions.attach(documentId, { connection, credential, peer });
    if (this.#attachments.get(key) !== attachment) {
      session.leave();
      return;
    }
    attachment.session = session;
    clearTimeout(attachment.deadline);
    attachment.deadline = undefined;
    peer.open(session);
    for (const message of this.#early.take(key)) peer.take(message);
  }

  /** A token without an end says nothing: most documents of a socket need no words for it. */
  #watch(credential: Credential, peer: HocuspocusSession): void {
    const { sessions } = this.#edge;
    if (credential.identity.expiresAt === undefined) return;
    credential.events ??= {
      expiring: () => peer.requestToken(),
      expired: () => sessions.expire(credential),
    };
  }

  async #renew(peer: HocuspocusSession, credential: Credential, token: string): Promise<void> {
    const { policy, sessions, connections } = this.#edge;
    const identity = await policy.authenticate(token, credential.request);
    connections.claim(this.#connection, identity.user?.id);
    credential.renew(identity);
    this.#watch(credential, peer);
    sessions.recheck(credential.sessions);
  }

  /** Refuses a document, or closes the socket, as the table of error codes says. */
  #refuse(key: string, reason: SyncError): void {
    const { hocuspocus } = ERROR_CODES[reason.code];
    if (typeof hocuspocus === 'number') this.#connection.close(reason);
    else this.#deny(key, reason);
  }

  #deny(key: string, { code, message }: SyncError): void {
    this.#edge.metrics.refused(code);
    this.#edge.logger.info({ code, reason: message }, 'a client was refused');
    this.#detach(key);
    const [oldest] = this.#refused;
    if (this.#refused.size >= MAX_REFUSED && oldest !== undefined) this.#refused.delete(oldest);
    this.#refused.add(key);
    const reason = `${code}: ${message}`;
    const frame = encodeHocuspocus(key, { type: 'permission-denied', reason });
    this.#connection.write(this.#connection.frame(frame));
  }

  #detach(key: string): void {
    const attachment = this.#attachments.get(key);
    if (attachment === undefined) return;
    this.#attachments.delete(key);
    clearTimeout(attachment.deadline);
    this.#early.take(key);
    attachment.peer.leave();
    attachment.credential?.close();
  }
}

/** A frame is a view into a buffer of the socket, which it would keep in memory. */
function copyOf(message: Message): Message {
  if (message.type === 'sync-step-1') {
    return { ...message, stateVector: message.stateVector.slice() };
  }
  return 'update' in message ? { ...message, update: message.update.slice() } : message;
}
