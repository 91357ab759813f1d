import { inflateRawSync } from 'node:zlib';
import {
  type AwarenessEntry,
  encodeAwareness,
  NO_RIGHTS,
  type Rights,
  type ServerMessageOf,
  type SynclineClientMessage,
  type SynclineServerMessage,
} from '@syncline/protocol';
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness';
import * as Y from 'yjs';
import { hasContent } from '../content.ts';
import { until } from '../until.ts';
import { AnswerCounter } from './answer-counter.ts';

/** What a session needs of its connection. */
export interface SessionConnection {
  send(message: SynclineClientMessage): void;
  takeChannel(session: SynclineSession): number;
  freeChannel(channel: number): void;
}

export interface AttachOptions {
  readonly doc?: Y.Doc;
  /** That of the copy in `doc`. */
  readonly epoch?: string;
  /** The cursor of the copy in `doc`. */
  readonly since?: number;
  readonly replay?: number;
}

/** Messages of a server that are about a session. */
export type SessionMessage = Extract<SynclineServerMessage, { readonly channel: number }>;

/**
 * One document over a connection: a Y.Doc that follows the log, and whose changes are sent. The rule
 * ids are those of protocol/SPEC.md.
 */
export class SynclineSession {
  readonly documentId: string;
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  state: 'attaching' | 'attached' | 'reset' | 'detached' | 'disconnected' = 'attaching';
  channel = 0;
  epoch: string;
  /** The client has all entries up to this seq. */
  cursor: number;
  rights: Rights = NO_RIGHTS;
  /** Up to where the server said that it has sent all; undefined before. */
  syncedAt: number | undefined;
  /** What the server said to this session, in order. */
  readonly received: SessionMessage[] = [];

  readonly #connection: SessionConnection;
  readonly #replay: number;
  readonly #answers = new AnswerCounter();
  /** The document has changes of its own that are in no update that was sent. */
  #unsent = false;
  /** The last one that the server told. */
  #serverVector: Uint8Array = new Uint8Array();

  constructor(connection: SessionConnection, documentId: string, options: AttachOptions) {
    this.#connection = connection;
    this.documentId = documentId;
    this.doc = options.doc ?? new Y.Doc();
    this.epoch = options.epoch ?? '';
    this.cursor = options.since ?? 0;
    this.#replay = options.replay ?? 0;
    this.awareness = new Awareness(this.doc);
    this.awareness.setLocalState(null);
    this.doc.on('update', this.#onUpdate);
    this.awareness.on('update', this.#onAwareness);
  }

  get text(): Y.Text {
    return this.doc.getText('text');
  }

  get content(): string {
    return this.text.toString();
  }

  /** How many changes the server has not answered; what cannot be sent counts as one. */
  get unsaved(): number {
    return this.#answers.open + (this.#unsent ? 1 : 0);
  }

  /** All messages of one type, in order. */
  all<Type extends SessionMessage['type']>(type: Type): ServerMessageOf<Type>[] {
    return this.received.filter((message) => message.type === type) as ServerMessageOf<Type>[];
  }

  get broadcasts(): ServerMessageOf<'broadcast'>[] {
    return this.all('broadcast');
  }

  /** How the session ended, when the server ended it. */
  get detached(): ServerMessageOf<'detached'> | undefined {
    return this.all('detached').at(-1);
  }

  /** The epoch with which to attach anew, without content, when the copy was of another one. */
  get resetTo(): string | undefined {
    return this.all('reset').at(-1)?.epoch;
  }

  /** Begins the session: A1, and again after a gap: E4. */
  attach(): void {
    this.state = 'attaching';
    this.syncedAt = undefined;
    this.#answers.clear();
    this.channel = this.#connection.takeChannel(this);
    const { channel, documentId, epoch } = this;
    const stateVector = Y.encodeStateVector(this.doc);
    const replay = this.#replay;
    const since = this.cursor;
    this.#connection.send({
      type: 'attach',
      channel,
      documentId,
      epoch,
      since,
      stateVector,
      replay,
    });
  }

  receive(message: SessionMessage): void {
    this.received.push(message);
    switch (message.type) {
      case 'attached':
        return this.#onAttached(message);
      case 'reset':
        return this.#end('reset');
      case 'detached':
        return this.#end('detached');
      case 'checkpoint':
        return this.#onCheckpoint(message);
      case 'entries':
        return this.#onEntries(message);
      case 'synced':
        this.#moveCursor(message.seq);
        this.syncedAt = message.seq;
        return;
      case 'epoch':
        this.epoch = message.epoch;
        return;
      case 'ask':
        this.#serverVector = message.stateVector.slice();
        return this.#sendMissing();
      case 'ack':
        this.#answers.acknowledge(message.through);
        if (message.seq > 0) this.#moveCursor(message.seq);
        return;
      case 'rejected':
        return this.#answers.reject(message.number);
      case 'rights':
        return this.#onRights(message.rights);
      case 'awareness':
        return this.#onOthers(message.entries);
      case 'broadcast':
      case 'broadcast-ack':
        return;
    }
  }

  async synced(timeoutMs?: number): Promise<this> {
    await until('the session is synced', () => this.syncedAt !== undefined, timeoutMs);
    return this;
  }

  /** Waits until the server has answered all changes. */
  async saved(timeoutMs?: number): Promise<void> {
    await until('all changes are answered', () => this.unsaved === 0, timeoutMs);
  }

  async hasContent(content: string, timeoutMs?: number): Promise<void> {
    await hasContent(this, content, timeoutMs);
  }

  /** Sends a broadcast; with an id, `all('broadcast-ack')` gets its answer. */
  broadcast(
    topic: string,
    payload: Uint8Array,
    { id = 0, toSelf = false }: { readonly id?: number; readonly toSelf?: boolean } = {},
  ): void {
    const { channel } = this;
    this.#connection.send({ type: 'broadcast', channel, id, toSelf, topic, payload });
  }

  /** Sends any bytes as the next update. Returns its number. */
  sendUpdate(update: Uint8Array): number {
    const number = this.#answers.next();
    this.#connection.send({ type: 'update', channel: this.channel, number, update });
    return number;
  }

  detach(): void {
    this.#connection.send({ type: 'detach', channel: this.channel });
    this.#end('detached');
  }

  disconnected(): void {
    this.#end('disconnected');
  }

  destroy(): void {
    this.doc.destroy();
  }

  #onAttached(message: ServerMessageOf<'attached'>): void {
    this.state = 'attached';
    // A3: the seqs of another epoch, or of entries that are lost, say nothing.
    if (message.epoch !== this.epoch || message.head < this.cursor) this.cursor = 0;
    this.epoch = message.epoch;
    this.#serverVector = message.stateVector.slice();
    this.rights = message.rights;
    this.#sendMissing();
    if (this.awareness.getLocalState() !== null) this.#sendAwareness([this.doc.clientID]);
  }

  #onRights(rights: Rights): void {
    this.rights = rights;
    if (this.#unsent) this.#sendMissing();
  }

  #onCheckpoint({ seq, encoding, bytes }: ServerMessageOf<'checkpoint'>): void {
    const update = encoding === 'identity' ? bytes : new Uint8Array(inflateRawSync(bytes));
    Y.applyUpdate(this.doc, update, this);
    this.#moveCursor(seq);
  }

  /** E3 and E4: entries behind a gap are of no use. */
  #onEntries({ from, to, update }: ServerMessageOf<'entries'>): void {
    if (this.cursor < from) {
      this.detach();
      this.attach();
      return;
    }
    Y.applyUpdate(this.doc, update, this);
    this.#moveCursor(to);
  }

  #moveCursor(seq: number): void {
    this.cursor = Math.max(this.cursor, seq);
  }

  /** Sends what the server lacks, when there is anything: A4. */
  #sendMissing(): void {
    if (!this.rights.write) return;
    const update = Y.encodeStateAsUpdate(this.doc, this.#serverVector);
    this.#unsent = false;
    if (!isEmpty(update)) this.sendUpdate(update);
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return;
    if (this.state === 'attached' && this.rights.write) this.sendUpdate(update);
    else this.#unsent = true;
  };

  readonly #onAwareness = (changes: AwarenessChanges, origin: unknown): void => {
    if (origin === this || this.state !== 'attached') return;
    this.#sendAwareness([...changes.added, ...changes.updated, ...changes.removed]);
  };

  /** W5: a client that was taken for gone announces itself anew. */
  #onOthers(entries: readonly AwarenessEntry[]): void {
    applyAwarenessUpdate(this.awareness, encodeAwareness(entries), this);
    const gone = entries.some(
      ({ client, state }) => client === this.doc.clientID && state === null,
    );
    if (gone) this.awareness.setLocalState(this.awareness.getLocalState());
  }

  #sendAwareness(clients: number[]): void {
    if (!this.rights.awareness) return;
    const update = encodeAwarenessUpdate(this.awareness, clients);
    this.#connection.send({ type: 'awareness', channel: this.channel, update });
  }

  /** What was not answered may be lost, and the others are out of sight. */
  #end(state: 'reset' | 'detached' | 'disconnected'): void {
    this.state = state;
    this.#connection.freeChannel(this.channel);
    this.#unsent ||= this.#answers.open > 0;
    this.#answers.clear();
    const others = [...this.awareness.getStates().keys()].filter((id) => id !== this.doc.clientID);
    removeAwarenessStates(this.awareness, others, this);
  }
}

interface AwarenessChanges {
  readonly added: number[];
  readonly updated: number[];
  readonly removed: number[];
}

/** No structs and no deletions. */
function isEmpty(update: Uint8Array): boolean {
  return update.length === 2 && update.every((byte) => byte === 0);
}
