import { parseDocumentId, type ServerMessageOf } from '@syncline/protocol';
import { ObservableV2 } from 'lib0/observable';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { type Access, blockedBy, type ReadOnlyReason } from './access.ts';
import { Backoff } from './connection/backoff.ts';
import type { SynclineConnection } from './connection/connection.ts';
import type { ConnectionMember } from './connection/users.ts';
import {
  type ConnectionEvent,
  type ConnectionState,
  NOT_CONNECTED,
  type Problem,
  transition,
} from './connection-state.ts';
import { requireOwnDoc } from './own-doc.ts';
import { connectionOf, type ProviderEvents, type ProviderOptions } from './provider-options.ts';
import { reactionTo } from './reaction.ts';
import { Replica } from './replica.ts';
import { allSaved, joinSaveStates, type SaveState, saveStateOf } from './save-state.ts';
import type { SendOptions } from './session/broadcasts.ts';
import type { Payload } from './session/payload.ts';
import { refusalOf } from './session/refusal.ts';
import { Standing } from './standing.ts';
import { StuckWatch } from './stuck-watch.ts';
import { Subdocuments } from './subdocuments.ts';

/**
 * Keeps a Y.Doc and a document on a Syncline server in step.
 *
 * ```ts
 * const provider = new SynclineProvider({ url: 'ws://127.0.0.1:1234', documentId: 'notes', doc });
 * await provider.whenSynced;
 * ```
 */
export class SynclineProvider extends ObservableV2<ProviderEvents> implements ConnectionMember {
  readonly documentId: string;
  readonly connection: SynclineConnection;
  /** Resolves when the document was loaded from the server for the first time; rejects when it was refused. */
  readonly whenSynced: Promise<void>;
  /** Resolves when the stored copy is in the document, or there is none. */
  readonly whenLoaded: Promise<void>;
  /** The subdocuments' providers, by guid. */
  readonly subdocuments: ReadonlyMap<string, SynclineProvider>;

  readonly #options: ProviderOptions;
  readonly #ownsConnection: boolean;
  readonly #subdocuments: Subdocuments;
  readonly #backoff = new Backoff();
  readonly #stuck = new StuckWatch(() => this.#onStuck());
  readonly #standing = new Standing({
    onAccess: (access) => this.#onAccess(access),
    onSaveState: (state) => this.emit('saveState', [state]),
  });
  #replica: Replica;
  /** Leaves the connection; undefined while the application wants none. */
  #leave: (() => void) | undefined;
  #state: ConnectionState = NOT_CONNECTED;
  #isQueued = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #firstSync: { resolve(): void; reject(error: Error): void } | undefined;
  #isClosed = false;

  /** @throws TypeError for options that contradict each other, and a Y.Doc of another copy of Yjs; SyncError `document-id-invalid` */
  constructor(options: ProviderOptions) {
    super();
    this.#options = options;
    this.documentId = parseDocumentId(options.documentId);
    if (options.doc !== undefined) requireOwnDoc(options.doc);
    const { connection, isOwn } = connectionOf(options);
    this.connection = connection;
    this.#ownsConnection = isOwn;
    this.whenSynced = new Promise((resolve, reject) => {
      this.#firstSync = { resolve, reject };
    });
    // Who does not wait for it hears of a refusal by the state.
    this.whenSynced.catch(() => {});
    this.#replica = this.#newReplica(options.doc ?? new Y.Doc(), '', options.awareness);
    this.whenLoaded = this.#replica.whenLoaded;
    this.#subdocuments = new Subdocuments(this, options, () => this.#changed());
    this.subdocuments = this.#subdocuments.providers;
    // Before its subdocuments: a connection may have room for it alone.
    if (options.connect ?? true) this.#join();
    this.#subdocuments.watch(this.doc);
  }

  /** Another one after a `reset`. */
  get doc(): Y.Doc {
    return this.#replica.doc;
  }

  /** Another one after a `reset`. */
  get awareness(): Awareness {
    return this.#replica.awareness;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The document is as the server has it. */
  get synced(): boolean {
    return this.#state.status === 'live';
  }

  get saveState(): SaveState {
    const { outbox, isSending } = this.#replica.session.uplink;
    const own = saveStateOf(outbox.unsavedBytes, isSending);
    return joinSaveStates([own, this.#subdocuments.saveState]);
  }

  get access(): Access {
    return this.#standing.access;
  }

  /** For the connection: nothing is under way. */
  get isSettled(): boolean {
    return this.#state.status !== 'syncing';
  }

  /**
   * Resolves when all changes made so far, also in subdocuments, are durable on the server, however long that takes.
   * @throws SyncError when they will not be without the user's doing: `read-only`, or why it was refused.
   */
  async saved(): Promise<void> {
    await allSaved([this.#saved(), this.#subdocuments.saved()]);
  }

  async #saved(): Promise<void> {
    // The stored copy may have changes of an earlier page.
    await this.#replica.whenLoaded;
    const { outbox } = this.#replica.session.uplink;
    if (outbox.unsavedBytes === 0) return;
    const hindrance = this.#hindrance;
    if (hindrance !== undefined) throw refusalOf(hindrance.code, hindrance.message);
    await outbox.saved();
  }

  /**
   * Tells all who are on the document, and nobody later. Resolves with false when there is no session or no
   * right to it, else with true: at once, or with `ack` when the server has passed it on.
   * @throws SyncError `broadcast-too-large`
   */
  send(topic: string, payload: Payload, options: SendOptions = {}): Promise<boolean> {
    return this.#replica.send(topic, payload, options);
  }

  /** Tries now: after `disconnect`, after a refusal, or in the place of waiting. */
  connect(): void {
    if (this.#isClosed) throw new TypeError('the provider was closed');
    this.#unblock();
    if (this.#leave === undefined) {
      this.#join();
      if (this.#ownsConnection) this.connection.connect();
    } else if (this.connection.welcome === undefined) this.connection.connect();
    else if (this.#state.status === 'offline' || this.#state.status === 'refused') {
      this.#move({ type: 'disconnect' });
      this.#attach();
    }
    this.#subdocuments.connect();
  }

  /** Ends the session and those of subdocuments, until `connect` is called. The document goes on offline. */
  disconnect(): void {
    this.#subdocuments.disconnect();
    clearTimeout(this.#retryTimer);
    this.#replica.detach();
    this.#leave?.();
    this.#leave = undefined;
    if (this.#ownsConnection) this.connection.disconnect();
    this.#move({ type: 'disconnect' });
  }

  /**
   * Ends it, and leaves the Y.Doc as it is. What is unsaved stays so: wait for `saved()` before, or have an
   * offline store. Idempotent.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.disconnect();
    this.#stuck.setWaiting(false);
    this.#giveUp({ code: 'server-unreachable', message: 'the provider was closed' });
    await this.#subdocuments.close();
    await this.#replica.close();
    if (this.#ownsConnection) this.connection.close();
    this.destroy();
  }

  onConnectionEvent(event: ConnectionEvent): void {
    const isOver =
      event.type === 'broken' || event.type === 'refused' || event.type === 'disconnect';
    if (isOver) {
      clearTimeout(this.#retryTimer);
      this.#replica.end();
    }
    this.#move(event);
    if (event.type === 'welcomed' && this.#state.status === 'syncing') this.#replica.attach();
  }

  #join(): void {
    this.#leave = this.connection.join(this);
  }

  #attach(): void {
    this.#move({ type: 'attach' });
    if (this.#state.status === 'syncing') this.#replica.attach();
  }

  #newReplica(doc: Y.Doc, epoch: string, awareness?: Awareness): Replica {
    const { documentId } = this;
    const { offline, schema, replay = 0 } = this.#options;
    const options = { documentId, doc, awareness, offline, schema, epoch, replay };
    const replica: Replica = new Replica(this.connection, options, {
      onSynced: () => {
        this.#move({ type: 'synced' });
        this.#firstSync?.resolve();
        this.#backoff.reset();
        this.emit('synced', []);
      },
      onRights: (rights) => {
        this.#standing.setRights(rights);
        this.#changed();
      },
      onOutdated: (isOutdated) => {
        if (isOutdated) this.#block('schema-outdated');
        else this.#standing.unblock('schema-outdated');
      },
      onReset: (epoch) => void this.#reset('document-reset', epoch),
      onGap: () => {
        this.#replica.detach();
        this.#attach();
      },
      onDetached: (message) => this.#onDetached(message),
      onRejected: (problem) => this.#onRejected(problem),
      onChange: () => this.#changed(),
      onProgress: (isAnswer) => this.#onProgress(isAnswer),
      onBroadcast: (broadcast) => this.emit('broadcast', [broadcast]),
      onWarning: (problem) => this.emit('warning', [problem]),
    });
    return replica;
  }

  #onDetached({ code, message, retry, retryAfterMs }: ServerMessageOf<'detached'>): void {
    this.#replica.detach();
    const problem = { code, message };
    const reaction = reactionTo(code, retry);
    if (reaction === 'offline') {
      this.#move({ type: 'broken', problem });
      const waitMs = Math.max(retryAfterMs, this.#backoff.next());
      this.#retryTimer = setTimeout(() => this.#attach(), waitMs);
    } else if (reaction === 'reset') {
      void this.#reset(code, this.#replica.session.position.epoch);
    } else {
      if (code === 'document-deleted') void this.#replica.putAway(code, this.#replica.unsaved);
      this.#move({ type: 'refused', problem });
    }
  }

  #onRejected({ code, message }: Problem): void {
    switch (reactionTo(code, true)) {
      case 'reset':
        this.#replica.detach();
        void this.#reset(code, this.#replica.session.position.epoch);
        return;
      case 'read-only': {
        const reason = blockedBy(code);
        if (reason !== undefined) this.#block(reason);
        this.emit('warning', [{ code, message }]);
        return;
      }
      case 'offline':
      case 'token':
      case 'refused':
        this.emit('warning', [{ code, message }]);
    }
  }

  /** Nothing came for long. While it is being loaded, the session begins anew in the end. */
  #onStuck(): void {
    const { status } = this.#state;
    if (status !== 'syncing' && status !== 'live') return;
    if (status === 'live' || !this.#state.stuck) return this.#move({ type: 'stuck' });
    // What is large takes its time on a slow line, and would only begin anew.
    if (this.connection.isReceiving) return;
    this.#replica.detach();
    this.#move({ type: 'broken', problem: { code: '', message: 'the document does not come' } });
    this.#retryTimer = setTimeout(() => this.#attach(), this.#backoff.next());
  }

  #onProgress(isAnswer: boolean): void {
    if (!isAnswer && this.#state.status === 'live') return;
    this.#stuck.progress();
    this.#move({ type: 'progress' });
  }

  #block(reason: ReadOnlyReason): void {
    this.#standing.block(reason);
    this.#replica.session.uplink.setGate(false);
    this.#changed();
  }

  /** What was refused may be taken now; with a schema, the next session tells whether it may write. */
  #unblock(): void {
    this.#standing.unblock();
    if (this.#options.schema === undefined) this.#replica.session.uplink.setGate(true);
  }

  /** The copy is of no use: it is put away, and the document is loaded into a new Y.Doc. */
  async #reset(code: string, epoch: string): Promise<void> {
    const old = this.#replica;
    const { doc: previous } = old;
    // Where the server has nothing, the copy may be all that there is.
    const unsaved = epoch === '' ? old.content : old.unsaved;
    const localState = old.awareness.getLocalState();
    old.detach();
    this.#standing.unblock();
    const problem = { code, message: 'the copy is put away' };
    old.session.uplink.outbox.fail(refusalOf(code, problem.message));
    this.#move({ type: 'broken', problem });
    // Closed at once: the connection may come back meanwhile, and this copy has to stay away.
    await Promise.all([old.putAway(code, unsaved), old.close()]);
    if (this.#isClosed) return;
    previous.once('update', () => {
      const message =
        'the old Y.Doc was changed, which goes nowhere: use provider.doc after a reset';
      this.emit('warning', [{ code, message }]);
    });
    this.#replica = this.#newReplica(new Y.Doc({ guid: previous.guid, gc: previous.gc }), epoch);
    this.awareness.setLocalState(localState);
    this.#subdocuments.watch(this.doc);
    this.emit('reset', [{ code, previous, unsaved, doc: this.doc }]);
    if (this.#leave !== undefined && this.connection.welcome !== undefined) this.#attach();
  }

  #move(event: ConnectionEvent): void {
    const before = this.#state;
    this.#state = transition(before, event);
    if (this.#state === before) return;
    const { status } = this.#state;
    if (this.#state.status === 'refused') this.#giveUp(this.#state.problem);
    if (status !== before.status) {
      this.#stuck.setWaiting(status === 'syncing');
      const isSynced = status === 'live';
      if (isSynced || before.status === 'live') this.doc.emit('sync', [isSynced, this.doc]);
    }
    this.emit('state', [this.#state]);
    this.connection.settle();
    this.#changed();
  }

  /** Who waits is told that it does not come about. */
  #giveUp({ code, message }: Problem): void {
    const error = refusalOf(code, message);
    this.#firstSync?.reject(error);
    this.#replica.session.uplink.outbox.fail(error);
  }

  /** Why nothing can be saved, if that will not change by itself. */
  get #hindrance(): Problem | undefined {
    if (this.#isClosed) return { code: 'server-unreachable', message: 'the provider was closed' };
    if (this.#state.status === 'refused') return this.#state.problem;
    return this.#standing.hindrance;
  }

  #onAccess(access: Access): void {
    const { isAttached, uplink } = this.#replica.session;
    const hindrance = this.#hindrance;
    if (isAttached && hindrance !== undefined) {
      uplink.outbox.fail(refusalOf(hindrance.code, hindrance.message));
    }
    this.emit('access', [access]);
  }

  /** Says what has changed, once in a turn of the event loop. */
  #changed(): void {
    if (this.#isQueued || this.#isClosed) return;
    this.#isQueued = true;
    queueMicrotask(() => {
      this.#isQueued = false;
      if (this.#isClosed) return;
      const { uplink } = this.#replica.session;
      if (this.#state.status === 'live') this.#stuck.setWaiting(uplink.outbox.isWaiting);
      this.#standing.tell(this.saveState);
    });
  }
}
