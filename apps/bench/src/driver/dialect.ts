/** An entry of an awareness message. */
export interface PresenceEntry {
  /** The Yjs client id. */
  readonly client: number;
  readonly clock: number;
  /** JSON. */
  readonly state: string;
}

/** What a server says, as far as clients here listen. */
export type ServerMessage =
  | { readonly type: 'sync-step-1' }
  | {
      /** An Update, or the SyncStep2 that answers a client's SyncStep1. */
      readonly type: 'update';
      readonly isAnswer: boolean;
      readonly update: Uint8Array;
      /** For each Yjs client in it, the clock after its last struct. */
      readonly ends: ReadonlyMap<number, number>;
    }
  | {
      readonly type: 'awareness';
      readonly entries: readonly PresenceEntry[];
      readonly frame: Uint8Array;
    }
  | { readonly type: 'ping' }
  | { readonly type: 'other' };

/** How clients of one kind talk: frames for one document. */
export interface Dialect {
  /** Whether its stock clients send on the awareness states that they receive. */
  readonly echoesPresence: boolean;
  /** The WebSocket's address. */
  url(address: string, documentId: string): string;
  /** What a client sends first. */
  greeting(documentId: string, stateVector: Uint8Array): readonly Uint8Array[];
  syncStep2(documentId: string, update: Uint8Array): Uint8Array;
  update(documentId: string, update: Uint8Array): Uint8Array;
  awareness(documentId: string, entries: readonly PresenceEntry[]): Uint8Array;
  /** The answer to a `ping`. */
  readonly pong: Uint8Array | undefined;
  decode(frame: Uint8Array): ServerMessage;
}
