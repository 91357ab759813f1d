import { randomBytes } from 'node:crypto';
import { SyncError } from '@syncline/protocol';
import { contain } from './bulkhead.ts';
import type { Edge } from './edge.ts';
import type { RequestFacts } from './identity/identity.ts';
import { Throttle } from './throttle.ts';
import { Unread } from './unread.ts';

/** Why a connection is not read. It is read again when no reason is left. */
export type PauseReason = 'attaching' | 'congested' | 'throttled' | 'unread' | 'stopping';

/** What speaks a dialect on one connection: reads its frames, and has its sessions. */
export interface Dialect {
  /** @throws SyncError for a frame that ends the connection; nothing of it was taken. */
  receive(frame: Uint8Array): void;
  /** Nothing was written for 20 s: says something, if this dialect's clients wait for that. */
  keepAlive(): void;
  /** Ends all, and tells the client in the dialect's way before the connection is closed. */
  goodbye(reason: SyncError): void;
  /** The connection is gone. */
  closed(): void;
}

/**
 * What every way to carry frames has in common. Loops and timers that serve all connections call it: what goes wrong in
 * one ends that one, and is thrown to nobody.
 */
export abstract class Connection {
  /** `NODE.RANDOM`. Not to be guessed: over HTTP, who knows it is taken for the client. */
  readonly id: string;
  readonly request: RequestFacts;
  /** The token that came with the request, in its query or a header. */
  readonly token: string | undefined;
  /** Sessions that are open, or about to be. */
  sessionCount = 0;
  readonly throttle: Throttle;
  /** To be told of what is written. */
  protected readonly unread: Unread;
  protected readonly edge: Edge;
  readonly #pauses = new Set<PauseReason>();
  readonly #deadline: NodeJS.Timeout;
  #dialect: Dialect | undefined;
  #isClosed = false;
  /** Whether it was ended here, or is gone. */
  #isEnded = false;

  constructor(edge: Edge, request: RequestFacts, token: string | undefined) {
    this.edge = edge;
    this.id = `${edge.nodeId}.${randomBytes(16).toString('base64url')}`;
    this.request = request;
    this.token = token;
    const { limits } = edge;
    this.throttle = new Throttle({
      perSecond: {
        frames: limits.framesPerSecond,
        updates: limits.updatesPerSecond,
        bytes: limits.bytesPerSecond,
        awareness: limits.awarenessPerSecond,
      },
      graceMs: limits.throttleGraceMs,
      slow: (isSlow) => (isSlow ? this.pause('throttled') : this.resume('throttled')),
      exceeded: (charge) => {
        this.close(new SyncError('rate-limited', `over limits.${charge}PerSecond for too long`));
      },
    });
    this.unread = new Unread({
      bufferedBytes: () => this.bufferedBytes,
      pause: (isPaused) => (isPaused ? this.pause('unread') : this.resume('unread')),
      exceeded: () => this.close(new SyncError('too-slow', 'answers were not read in time')),
    });
    this.#deadline = setTimeout(() => {
      const reason = `no document was opened within limits.attachMs (${limits.attachMs})`;
      this.close(new SyncError('auth-timeout', reason));
    }, limits.attachMs).unref();
  }

  /** What carries the frames. */
  abstract readonly transport: 'websocket' | 'http';
  abstract get isOpen(): boolean;
  /** How many bytes wait to be sent. */
  abstract get bufferedBytes(): number;
  /** For how long nothing was written, in milliseconds. */
  abstract get silentMs(): number;
  /** Makes of a message what {@link write} takes. The same function for all connections of a kind. */
  abstract readonly frame: (message: Uint8Array) => Uint8Array;
  /** Writes what {@link frame} made. Writing to a closed connection does nothing. */
  abstract write(frame: Uint8Array): void;
  /** Drops the connection without waiting for the peer. */
  abstract terminate(): void;
  protected abstract setReading(isReading: boolean): void;
  protected abstract end(reason: SyncError): void;

  /** Whether the peer is read now. */
  get isReading(): boolean {
    return this.#pauses.size === 0;
  }

  pause(reason: PauseReason): void {
    const wasReading = this.isReading;
    this.#pauses.add(reason);
    if (wasReading) this.contain(() => this.setReading(false));
  }

  resume(reason: PauseReason): void {
    if (this.#pauses.delete(reason) && this.isReading) this.contain(() => this.setReading(true));
  }

  /** It has or had a session, or is kept for another reason: nobody waits for its first one. */
  hasBeenOfUse(): void {
    clearTimeout(this.#deadline);
  }

  /** Counts a frame that came, and says whether it is to be read: not so after the connection was ended. */
  admits(frame: Uint8Array): boolean {
    const { metrics } = this.edge;
    metrics.framesIn.inc();
    metrics.bytesIn.inc(frame.length);
    if (!this.isOpen || this.#pauses.has('stopping')) return false;
    this.throttle.charge('frames', 1);
    this.throttle.charge('bytes', frame.length);
    return true;
  }

  /**
   * Reads a frame that was admitted.
   * @param choose makes the dialect that the first frame is of.
   */
  read(frame: Uint8Array, isBinary: boolean, choose: (first: Uint8Array) => Dialect): void {
    if (this.#isEnded) return;
    this.unread.isAnswering = true;
    try {
      if (!isBinary) throw new SyncError('malformed-frame', 'there are no text frames');
      this.#dialect ??= choose(frame);
      this.#dialect.receive(frame);
    } catch (error) {
      this.fail(error);
    }
    this.unread.isAnswering = false;
  }

  /** Ends this connection for what came over it; everybody else goes on. */
  fail(error: unknown): void {
    const { logger } = this.edge;
    if (error instanceof SyncError) {
      logger.warn({ code: error.code, reason: error.message }, 'a connection was ended');
      this.close(error);
    } else {
      logger.error({ err: error }, 'a connection caused a fault');
      this.close(new SyncError('internal', 'a fault of the server'));
    }
  }

  /** Runs what concerns this connection alone: what it throws ends the connection. */
  contain(act: () => void): void {
    contain(act, (cause) => this.fail(cause));
  }

  keepAlive(): void {
    this.contain(() => this.#dialect?.keepAlive());
  }

  /** Ends the connection, and tells the client why. */
  close(reason: SyncError): void {
    this.#isEnded = true; // also where the peer is closing it: what still waits is not read
    if (!this.isOpen) return;
    this.edge.metrics.refused(reason.code);
    const say = () => {
      this.#dialect?.goodbye(reason);
      this.end(reason);
      // Nobody has to wait for the peer's answer to see that it is gone.
      this.#dialect?.closed();
    };
    contain(say, (err) => {
      this.edge.logger.error({ err }, 'a connection could not be ended, and was dropped');
      this.terminate();
    });
  }

  /** To be called when the connection is gone, however that came. */
  protected gone(): void {
    if (this.#isClosed) return;
    this.#isClosed = this.#isEnded = true;
    clearTimeout(this.#deadline);
    this.throttle.close();
    this.unread.close();
    this.edge.connections.remove(this);
    contain(
      () => this.#dialect?.closed(),
      (err) => this.edge.logger.error({ err }, 'the sessions of a connection could not be ended'),
    );
  }
}
