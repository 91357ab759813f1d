import { NO_RIGHTS, type Rights, type ServerMessageOf, SyncError } from '@syncline/protocol';
import * as Y from 'yjs';
import { inflateRaw } from '../link/inflate.ts';
import type { Change, Position } from '../local-copy.ts';
import type { ChannelMessage } from '../tabs/tab-host.ts';
import type { ChannelConnection } from './channel-connection.ts';
import { type Rejection, Uplink } from './uplink.ts';

/** Messages that a session leaves to others. */
export type SideMessage = ServerMessageOf<'awareness' | 'broadcast' | 'broadcast-ack'>;

/** What a session tells its provider. */
export interface SessionEvents {
  /** The document is as the server has it. */
  onSynced(): void;
  /** What the session may do, at first and when it changes. */
  onRights(rights: Rights): void;
  /** The copy is of an incarnation that is no more: A5. There is no session. */
  onReset(epoch: string): void;
  /** It lacks something that does not come, and has to be attached anew with its cursor (E4). */
  onGap(): void;
  /** The server ended it. */
  onDetached(message: ServerMessageOf<'detached'>): void;
  /** The server took nothing of an update. */
  onRejected(rejection: Rejection): void;
  /** Changes of the Y.Doc, the session's place or what is unsaved are not what they were. */
  onChange(change?: Change): void;
  /** Something came for it. @param isAnswer of an update */
  onProgress(isAnswer: boolean): void;
  onSideMessage(message: SideMessage): void;
}

/** The origin of what comes from an offline store. */
export const FROM_STORE = Symbol('offline store');

/**
 * One copy of a document and its session on the server: it attaches again and again, follows the log, and
 * sends what changes. Rule ids are those of packages/protocol/SPEC.md.
 */
export class Session {
  readonly documentId: string;
  readonly doc: Y.Doc;
  readonly uplink: Uplink;
  readonly #connection: ChannelConnection;
  readonly #events: SessionEvents;
  #state: 'idle' | 'attaching' | 'attached' = 'idle';
  #channel = 0;
  #epoch: string;
  #cursor: number;
  #rights: Rights = NO_RIGHTS;
  /** State vector of the copy before the first change that is unsaved. */
  #savedVector: Uint8Array;
  /** What is being merged reaches up to this seq. */
  #applyingTo = 0;
  /** Messages behind a checkpoint that is being unpacked. */
  #behind: ChannelMessage[] | undefined;
  /** The copy was found to lack something, and was compared as a whole. */
  #isRepaired = false;

  constructor(
    connection: ChannelConnection,
    documentId: string,
    doc: Y.Doc,
    position: Position,
    events: SessionEvents,
  ) {
    this.#connection = connection;
    this.documentId = documentId;
    this.doc = doc;
    this.#epoch = position.epoch;
    this.#cursor = position.cursor;
    this.#events = events;
    this.#savedVector = position.savedVector;
    this.uplink = new Uplink(connection, doc, position.unsavedBytes, (rejection) =>
      events.onRejected(rejection),
    );
    doc.on('update', this.#onUpdate);
  }

  /** The place of the copy, which is never ahead of its content. */
  get position(): Position {
    const { unsavedBytes } = this.uplink.outbox;
    const savedVector = this.#savedVector;
    return { epoch: this.#epoch, cursor: this.#cursor, unsavedBytes, savedVector };
  }

  get isAttached(): boolean {
    return this.#state === 'attached';
  }

  get channel(): number {
    return this.#channel;
  }

  get rights(): Rights {
    return this.#rights;
  }

  /** The place of a stored copy, which was merged. */
  restore({ epoch, cursor, unsavedBytes, savedVector }: Position): void {
    if (epoch !== '') this.#epoch = epoch;
    this.#cursor = cursor;
    if (unsavedBytes === 0) return;
    if (this.uplink.outbox.unsavedBytes === 0) this.#savedVector = savedVector;
    this.uplink.outbox.keep(unsavedBytes);
  }

  /** What the server has not confirmed, as an update; undefined when it has all. */
  get unsaved(): Uint8Array | undefined {
    if (this.uplink.outbox.unsavedBytes === 0) return undefined;
    return Y.encodeStateAsUpdate(this.doc, this.#savedVector);
  }

  /** A1. @param replay how many of the last broadcasts are wanted */
  attach(replay: number): void {
    if (this.#state !== 'idle') return;
    this.#state = 'attaching';
    const channel = this.#connection.takeChannel((message) => {
      if (this.#channel === channel) this.#receive(message);
    });
    this.#channel = channel;
    this.#connection.send({
      type: 'attach',
      channel,
      documentId: this.documentId,
      epoch: this.#epoch,
      since: this.#cursor,
      stateVector: Y.encodeStateVector(this.doc),
      replay,
    });
  }

  /** Ends the session, which may be attached again. What was gathered goes first. */
  detach(): void {
    if (this.#state === 'idle') return;
    this.uplink.flush();
    this.#connection.send({ type: 'detach', channel: this.#channel });
    this.end();
  }

  /** The connection is over, and the session with it. */
  end(): void {
    if (this.#state === 'idle') return;
    this.#state = 'idle';
    this.#behind = undefined;
    this.#connection.freeChannel(this.#channel);
    this.#channel = 0;
    this.uplink.end();
    this.#events.onChange();
  }

  /** Another tab made a change and is gone: it goes to the server as one of this copy. */
  adopt(update: Uint8Array): void {
    this.uplink.add(update);
    this.#events.onChange();
  }

  /** Leaves the Y.Doc alone. */
  close(): void {
    this.detach();
    this.doc.off('update', this.#onUpdate);
  }

  #receive(message: ChannelMessage): void {
    this.#events.onProgress(message.type === 'ack' || message.type === 'rejected');
    if (this.#behind === undefined) this.#take(message);
    else this.#behind.push(message);
  }

  #take(message: ChannelMessage): void {
    switch (message.type) {
      case 'attached':
        return this.#onAttached(message);
      case 'reset':
        this.end();
        return this.#events.onReset(message.epoch);
      case 'detached':
        this.end();
        return this.#events.onDetached(message);
      case 'checkpoint':
        return this.#onCheckpoint(message);
      case 'entries':
        return this.#onEntries(message);
      case 'synced':
        return this.#onSynced(message.seq);
      case 'epoch':
        this.#epoch = message.epoch;
        return this.#events.onChange();
      case 'ask':
        return this.uplink.answer(message.stateVector);
      case 'ack':
        this.uplink.outbox.acknowledge(message.through);
        return this.#moveCursor(message.seq);
      case 'rejected':
        this.uplink.reject(message.number, message);
        // K3; what grants it again says so.
        if (message.code === 'read-only') this.#onRights({ ...this.#rights, write: false });
        return this.#events.onChange();
      case 'rights':
        return this.#onRights(message.rights);
      case 'awareness':
      case 'broadcast':
      case 'broadcast-ack':
        return this.#events.onSideMessage(message);
      default:
        message satisfies never;
    }
  }

  #onAttached(message: ServerMessageOf<'attached'>): void {
    if (this.#state !== 'attaching') return;
    this.#state = 'attached';
    // A3: the seqs of another epoch, or of entries that are lost, say nothing; nor does what was saved there.
    const isOther = message.epoch !== this.#epoch || message.head < this.#cursor;
    if (isOther) this.#cursor = 0;
    this.uplink.begin(this.#channel, message.stateVector, isOther && this.#epoch !== '');
    this.#epoch = message.epoch;
    this.#onRights(message.rights);
  }

  #onRights(rights: Rights): void {
    this.#rights = rights;
    this.#events.onRights(rights);
    this.uplink.setRights(rights);
    this.#events.onChange();
  }

  #onCheckpoint({ seq, encoding, bytes }: ServerMessageOf<'checkpoint'>): void {
    if (encoding === 'identity') this.#apply(bytes, seq);
    else void this.#unpack(seq, bytes);
  }

  async #unpack(seq: number, bytes: Uint8Array): Promise<void> {
    const channel = this.#channel;
    this.#behind = [];
    try {
      const update = await inflateRaw(bytes);
      if (this.#channel !== channel) return;
      this.#apply(update, seq);
      this.#takeBehind();
    } catch (error) {
      if (this.#channel === channel) this.#breakOff(error);
    }
  }

  #takeBehind(): void {
    const behind = this.#behind ?? [];
    this.#behind = undefined;
    for (const message of behind) {
      if (message.channel === this.#channel) this.#receive(message);
    }
  }

  /** E3, and E4: entries behind a gap are of no use. */
  #onEntries({ from, to, update }: ServerMessageOf<'entries'>): void {
    if (this.#cursor < from) return this.#events.onGap();
    this.#apply(update, to);
  }

  #onSynced(seq: number): void {
    this.#moveCursor(seq);
    // The log has no gaps: a copy that waits for something was stored with a hole, and is compared as a whole.
    const { pendingStructs, pendingDs } = this.doc.store;
    if ((pendingStructs !== null || pendingDs !== null) && !this.#isRepaired) {
      this.#isRepaired = true;
      this.#cursor = 0;
      return this.#events.onGap();
    }
    this.#events.onSynced();
  }

  /** Merges what reaches up to a seq, and moves the cursor there. */
  #apply(update: Uint8Array, to: number): void {
    this.#applyingTo = to;
    try {
      Y.applyUpdate(this.doc, update, this);
    } catch (error) {
      if (!isReadable(update)) return this.#breakOff(error);
      // It was merged, and one of the application's observers threw.
      console.error(error);
    } finally {
      this.#applyingTo = 0;
    }
    this.#moveCursor(to);
  }

  /** What the server sent cannot be read: it is tried again later. */
  #breakOff(error: unknown): void {
    const channel = this.#channel;
    this.detach();
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof SyncError ? error.code : 'internal';
    this.#events.onDetached({
      type: 'detached',
      channel,
      code,
      message,
      retry: true,
      retryAfterMs: 0,
    });
  }

  #moveCursor(seq: number): void {
    this.#cursor = Math.max(this.#cursor, seq);
    this.#events.onChange();
  }

  readonly #onUpdate = (
    update: Uint8Array,
    origin: unknown,
    _doc: Y.Doc,
    { beforeState }: Y.Transaction,
  ): void => {
    if (origin === FROM_STORE) return;
    const own = origin !== this;
    if (own) {
      if (this.uplink.outbox.unsavedBytes === 0)
        this.#savedVector = Y.encodeStateVector(beforeState);
      this.uplink.add(update);
    }
    this.#events.onChange({ update, own, to: own ? 0 : this.#applyingTo });
  };
}

function isReadable(update: Uint8Array): boolean {
  try {
    Y.decodeUpdate(update);
    return true;
  } catch {
    return false;
  }
}
