/** What requests do with a connection, be it one of this node or of another. */
export interface RequestedConnection {
  /**
   * Takes the messages of a body, when those of all smaller numbers are taken; a number that comes again
   * has no effect.
   * @param signal the request is over.
   * @throws SyncError `malformed-frame`, `rate-limited`, `connection-unknown`, `node-unreachable`
   */
  post(number: number, body: Uint8Array, signal: AbortSignal): Promise<void>;

  /**
   * What goes down after a number, as soon as there is something, or it is time.
   * @param signal the request is over.
   * @throws SyncError `connection-unknown`, `node-unreachable`
   */
  poll(after: number, signal: AbortSignal): Promise<Polled>;

  /** All that goes down, as fast as it is read. */
  stream(): ReadableStream<Uint8Array>;

  /**
   * The client is gone.
   * @throws SyncError `connection-unknown`, `node-unreachable`
   */
  leave(): Promise<void>;
}

export interface Polled {
  /** Whole frames, one after the other. */
  readonly body: Uint8Array;
  /** The number of the last of them: what the next poll comes after. */
  readonly next: number;
  /** This reader gets nothing more: the connection has ended, or a newer reader has come. */
  readonly isOver: boolean;
}
