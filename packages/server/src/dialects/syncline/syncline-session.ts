import {
  type AwarenessEntry,
  type ClientMessageOf,
  encodeAwareness,
  encodeChannelAwareness,
  encodeEntries,
  encodeServerMessage,
  isRetryable,
  type Rights,
  SyncError,
  type SynclineServerMessage,
} from '@syncline/protocol';
import type { Epoch, Seq } from '@syncline/storage';
import type { Broadcast } from '../../broadcasts.ts';
import type { CatchUp, Cursor } from '../../catch-up.ts';
import type { Connection } from '../../connection.ts';
import type { Delivery } from '../../delivery.ts';
import type { Entries, Peer, Session } from '../../session.ts';
import { Answered } from './answered.ts';
import { frameOf } from './frame-of.ts';

/** So many updates may be answered while an older one waits for what is missing before it. */
const MAX_AHEAD = 10_000;

/** After these the session goes on: nothing of the update was taken, and that is all. */
const REJECTIONS = new Set<string>([
  'read-only',
  'update-refused',
  'update-too-large',
  'document-too-large',
  'clock-jump',
  'too-many-new-documents',
  'storage-quota-exceeded',
]);

/** One channel of a `syncline.v1` connection. */
export class SynclineSession implements Peer {
  readonly #connection: Connection;
  readonly #channel: number;
  readonly #channels: Map<number, SynclineSession>;
  #ownFrameKey: string | undefined;
  readonly #answered = new Answered();
  #session: Session | undefined;
  #number = 0;

  /** @param channels of the connection: this one is free again when the session is over. */
  constructor(connection: Connection, channel: number, channels: Map<number, SynclineSession>) {
    this.#connection = connection;
    this.#channel = channel;
    this.#channels = channels;
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  /** Tells the client where it is, and brings it up to date. */
  open(session: Session, cursor: Cursor, replay: number): void {
    this.#session = session;
    // The answer comes in a later turn: `attached` is before it.
    session.catchUp(cursor, (catchUp) => this.#catchUp(catchUp));
    this.#write({
      type: 'attached',
      channel: this.#channel,
      epoch: session.epoch ?? '',
      head: session.head,
      rights: session.rights,
      stateVector: session.stateVector,
    });
    session.showOthers();
    session.replay(replay);
  }

  /** @throws SyncError for what ends the session, or `malformed-frame` for what ends the connection. */
  offer({ number, update }: ClientMessageOf<'update'>): void {
    if (this.#session === undefined) return;
    if (number !== ++this.#number) {
      throw new SyncError(
        'malformed-frame',
        `update ${number} comes in the place of ${this.#number}`,
      );
    }
    try {
      this.#session.offer(update, number);
    } catch (error) {
      if (!(error instanceof SyncError) || !REJECTIONS.has(error.code)) throw error;
      const { code, message } = error;
      this.#write({ type: 'rejected', channel: this.#channel, number, code, message });
      this.acknowledge([number], 0 as Seq);
    }
  }

  announce(update: Uint8Array): void {
    this.#session?.announce(update);
  }

  /** Without the right to it, it is dropped and not acknowledged. */
  broadcast({ id, topic, payload, toSelf }: ClientMessageOf<'broadcast'>): void {
    if (!this.#session?.rights.broadcast) return;
    this.#session.broadcast(topic, payload, toSelf);
    if (id > 0) this.#write({ type: 'broadcast-ack', channel: this.#channel, id });
  }

  deliver(entries: Delivery<Entries>): void {
    this.#connection.write(
      entries.framed(this.#frameKey, ({ from, to, update }) =>
        frameOf(this.#connection, encodeEntries(this.#channel, from, to, update)),
      ),
    );
  }

  deliverAwareness(entries: Delivery<readonly AwarenessEntry[]>): void {
    this.#connection.write(
      entries.framed(this.#frameKey, (states) =>
        frameOf(this.#connection, encodeChannelAwareness(this.#channel, encodeAwareness(states))),
      ),
    );
  }

  deliverBroadcast(broadcast: Delivery<Broadcast>): void {
    this.#connection.write(
      broadcast.framed(this.#frameKey, ({ number, from, topic, payload }) =>
        this.#frame({
          type: 'broadcast',
          channel: this.#channel,
          number,
          userId: from,
          topic,
          payload,
        }),
      ),
    );
  }

  ask(stateVector: Uint8Array): void {
    this.#write({ type: 'ask', channel: this.#channel, stateVector });
  }

  acknowledge(numbers: readonly number[], seq: Seq): void {
    // The cursor moves also while an older update waits: its own entries are not sent to the client.
    const hasMoved = this.#answered.add(numbers);
    if (this.#answered.ahead > MAX_AHEAD) {
      const reason = 'too many updates came after one that lies behind a gap';
      this.#session?.end(new SyncError('pending-too-large', reason));
      return;
    }
    if (!hasMoved && seq === 0) return;
    this.#write({ type: 'ack', channel: this.#channel, through: this.#answered.through, seq });
  }

  /** Before `attached` nothing is said: it says the same. */
  created(epoch: Epoch): void {
    if (this.#session === undefined) return;
    this.#write({ type: 'epoch', channel: this.#channel, epoch });
  }

  rightsChanged(rights: Rights): void {
    if (this.#session === undefined) return;
    this.#write({ type: 'rights', channel: this.#channel, rights });
  }

  /** Before `attached` nothing is said: the dialect attaches anew, or refuses. */
  close(reason: SyncError): void {
    if (this.#session !== undefined) this.refuse(reason);
  }

  /** Ends the session, or what was to become one, and tells the client why. */
  refuse({ code, message, retryAfterMs }: SyncError): void {
    this.leave();
    if (this.#channels.get(this.#channel) === this) this.#channels.delete(this.#channel);
    // A copy of what was replaced meets a `reset` when it comes back.
    const retry = isRetryable(code) || code === 'document-replaced';
    const channel = this.#channel;
    this.#write({ type: 'detached', channel, code, message, retry, retryAfterMs });
  }

  leave(): void {
    this.#session?.leave();
  }

  /** Sessions on the same channel of the same kind of connection get the same frames. */
  get #frameKey(): string {
    this.#ownFrameKey ??= `syncline ${this.#connection.transport} ${this.#channel}`;
    return this.#ownFrameKey;
  }

  #catchUp({ checkpoint, entries, head }: CatchUp): void {
    const channel = this.#channel;
    if (checkpoint !== undefined) this.#write({ type: 'checkpoint', channel, ...checkpoint });
    for (const { from, to, update } of entries) {
      this.#connection.write(frameOf(this.#connection, encodeEntries(channel, from, to, update)));
    }
    this.#write({ type: 'synced', channel, seq: head });
  }

  #frame(message: SynclineServerMessage): Uint8Array {
    return frameOf(this.#connection, encodeServerMessage(message));
  }

  #write(message: SynclineServerMessage): void {
    this.#connection.write(this.#frame(message));
  }
}
