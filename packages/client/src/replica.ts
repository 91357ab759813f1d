import { encodeAwareness, type Rights, type ServerMessageOf } from '@syncline/protocol';
import { encodeUtf8 } from 'lib0/string';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { Problem } from './connection-state.ts';
import { type OfflineStore, type Position, START } from './local-copy.ts';
import { claimSchema, isOutdated, type Schema, watchSchema } from './schema.ts';
import { type Broadcast, Broadcasts, broadcastOf, type SendOptions } from './session/broadcasts.ts';
import type { ChannelConnection } from './session/channel-connection.ts';
import type { Payload } from './session/payload.ts';
import { Presence } from './session/presence.ts';
import { Recorder } from './session/recorder.ts';
import { FROM_STORE, Session, type SideMessage } from './session/session.ts';

export interface ReplicaOptions {
  readonly documentId: string;
  readonly doc: Y.Doc;
  readonly awareness?: Awareness | undefined;
  readonly offline?: OfflineStore | Promise<OfflineStore> | undefined;
  readonly schema?: Schema | undefined;
  /** Of a copy that begins anew. */
  readonly epoch: string;
  readonly replay: number;
}

/** What a replica tells its provider. */
export interface ReplicaEvents {
  onSynced(): void;
  onRights(rights: Rights): void;
  /** The application is too old to write, or is not any more. */
  onOutdated(isOutdated: boolean): void;
  onReset(epoch: string): void;
  onGap(): void;
  onDetached(message: ServerMessageOf<'detached'>): void;
  onRejected(problem: Problem): void;
  /** What is unsaved may have changed. */
  onChange(): void;
  /** @param isAnswer an update was answered. */
  onProgress(isAnswer: boolean): void;
  onBroadcast(broadcast: Broadcast): void;
  onWarning(problem: Problem): void;
}

/**
 * One copy of a document: its Y.Doc, with all that belongs to it and to no other. When the copy has to be put
 * away, the provider makes a new replica.
 */
export class Replica {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly session: Session;
  /** Resolves when the stored copy is in the document, or there is none. Never rejects. */
  readonly whenLoaded: Promise<void>;
  readonly #options: ReplicaOptions;
  readonly #events: ReplicaEvents;
  readonly #connection: ChannelConnection;
  readonly #presence: Presence;
  readonly #broadcasts: Broadcasts;
  readonly #ownsAwareness: boolean;
  #recorder: Recorder | undefined;
  #puttingAway: Promise<void> | undefined;
  #unwatchSchema: (() => void) | undefined;
  #isLoaded = false;
  #isWanted = false;
  #isClosed = false;
  #replay: number;

  constructor(connection: ChannelConnection, options: ReplicaOptions, events: ReplicaEvents) {
    this.doc = options.doc;
    this.awareness = options.awareness ?? new Awareness(options.doc);
    this.#ownsAwareness = options.awareness === undefined;
    this.#options = options;
    this.#events = events;
    this.#connection = connection;
    this.#replay = options.replay;
    const unsavedBytes = this.content?.length ?? 0;
    const position: Position = { ...START, epoch: options.epoch, unsavedBytes };
    this.session = new Session(connection, options.documentId, this.doc, position, {
      ...events,
      onSynced: () => this.#onSynced(),
      onRights: (rights) => {
        this.#presence.setOn(rights.awareness);
        events.onRights(rights);
      },
      onChange: (change) => {
        this.#recorder?.record(change);
        events.onChange();
      },
      onProgress: (isAnswer) => {
        this.#presence.tick();
        events.onProgress(isAnswer);
      },
      onSideMessage: (message) => this.#onSideMessage(message),
    });
    this.#presence = new Presence(this.awareness, (entries) => {
      const { channel } = this.session;
      const { awarenessBytes } = connection.limits;
      if (entries.some(({ state }) => encodeUtf8(state ?? '').length > awarenessBytes)) {
        const message = `the awareness state is larger than ${awarenessBytes} bytes, and is not sent`;
        return events.onWarning({ code: 'awareness-too-large', message });
      }
      connection.send({ type: 'awareness', channel, update: encodeAwareness(entries) });
    });
    this.#broadcasts = new Broadcasts((message) => connection.send(message));
    // Whether the application may write shows when the document is there.
    if (options.schema !== undefined) this.session.uplink.setGate(false);
    this.whenLoaded = this.#load();
  }

  /** Begins the session as soon as the stored copy is there. */
  attach(): void {
    this.#isWanted = true;
    if (this.#isLoaded && !this.#isClosed) this.session.attach(this.#replay);
  }

  /** The connection is over, or the session is. */
  end(): void {
    this.#isWanted = false;
    this.session.end();
    this.#ended();
  }

  /** The session is over, and the connection is not. */
  detach(): void {
    this.#isWanted = false;
    this.session.detach();
    this.#ended();
  }

  /** See {@link Broadcasts}. */
  send(topic: string, payload: Payload, options: SendOptions): Promise<boolean> {
    const { channel, isAttached, rights } = this.session;
    const { broadcastBytes } = this.#connection.limits;
    if (!isAttached || !rights.broadcast) return Promise.resolve(false);
    return this.#broadcasts.send(channel, broadcastBytes, topic, payload, options);
  }

  /** What the server has not confirmed; undefined when it has all. */
  get unsaved(): Uint8Array | undefined {
    return this.session.unsaved;
  }

  /** All that the copy has; undefined when that is nothing. */
  get content(): Uint8Array | undefined {
    const content = Y.encodeStateAsUpdate(this.doc);
    return content.length > 2 ? content : undefined;
  }

  /** The stored copy goes, and `unsaved` is kept apart. Afterwards nothing is stored any more. */
  putAway(code: string, unsaved: Uint8Array | undefined): Promise<void> {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    this.#puttingAway = recorder
      ?.putAway(code, unsaved)
      .catch((error: unknown) => this.#warn(error));
    return this.#puttingAway ?? Promise.resolve();
  }

  /** Ends it, and leaves the Y.Doc as it is. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwatchSchema?.();
    this.session.close();
    this.#broadcasts.end();
    this.#presence.close();
    if (this.#ownsAwareness) this.awareness.destroy();
    await this.whenLoaded;
    await this.#recorder?.close();
    await this.#puttingAway;
  }

  async #load(): Promise<void> {
    const { offline, documentId } = this.#options;
    if (offline !== undefined) {
      try {
        await this.#openStore(offline, documentId);
      } catch (error) {
        this.#warn(error);
      }
    }
    this.#isLoaded = true;
    this.doc.emit('load', [this.doc]);
    if (this.#isWanted && !this.#isClosed) this.session.attach(this.#replay);
  }

  async #openStore(
    offline: OfflineStore | Promise<OfflineStore>,
    documentId: string,
  ): Promise<void> {
    const { recorder, document } = await Recorder.open(offline, documentId, {
      wholeState: () => Y.encodeStateAsUpdate(this.doc),
      position: () => this.session.position,
      onChange: (update) => Y.applyUpdate(this.doc, update, FROM_STORE),
      onOrphan: (update) => this.session.adopt(update),
      onError: (error) => this.#warn(error),
    });
    // What the application had, and what happened before the store was open, is one change.
    const own = this.content;
    if (document.updates.length > 0) {
      this.doc.transact(() => {
        for (const update of document.updates) Y.applyUpdate(this.doc, update, FROM_STORE);
      }, FROM_STORE);
    }
    this.session.restore(document.position);
    this.#recorder = recorder;
    if (own !== undefined) recorder.record({ update: own, own: true, to: 0 });
  }

  #onSynced(): void {
    const { schema } = this.#options;
    this.#replay = 0;
    if (schema !== undefined) {
      this.#unwatchSchema ??= watchSchema(this.doc, () => this.#checkSchema(schema));
      this.#checkSchema(schema);
      if (this.session.uplink.isSending) claimSchema(this.doc, schema);
    }
    this.#events.onSynced();
  }

  #checkSchema(schema: Schema): void {
    const outdated = isOutdated(this.doc, schema);
    this.session.uplink.setGate(!outdated);
    this.#events.onOutdated(outdated);
    this.#events.onChange();
  }

  #onSideMessage(message: SideMessage): void {
    switch (message.type) {
      case 'awareness':
        return this.#presence.receive(message.entries);
      case 'broadcast':
        return this.#events.onBroadcast(broadcastOf(message));
      case 'broadcast-ack':
        return this.#broadcasts.acknowledged(message);
    }
  }

  #ended(): void {
    this.#presence.end();
    this.#broadcasts.end();
    // Somebody may have raised it meanwhile.
    if (this.#options.schema !== undefined) this.session.uplink.setGate(false);
  }

  #warn(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#events.onWarning({ code: '', message: `the offline store: ${message}` });
  }
}
