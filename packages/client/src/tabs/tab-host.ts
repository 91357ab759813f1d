import type {
  ServerMessageOf,
  SynclineClientMessage,
  SynclineServerMessage,
} from '@syncline/protocol';

/** Messages of a server that belong to one session. */
export type ChannelMessage = Extract<SynclineServerMessage, { readonly channel: number }>;

/** What a leader needs of its own connection, to share it with other tabs. */
export interface TabHost {
  /**
   * What the server said when the connection was opened; undefined while it is not open, and so from the
   * moment on at which the listener of its link hears of the end.
   */
  readonly welcome: ServerMessageOf<'welcome'> | undefined;
  /** How many channels are taken, by this tab and by others. */
  readonly sessions: number;
  /** Takes a free channel, and gets what the server says on it. */
  takeChannel(onMessage: (message: ChannelMessage) => void): number;
  /** From now on nothing comes of it. One that is not taken is ignored: it went with its connection. */
  freeChannel(channel: number): void;
  send(message: SynclineClientMessage): void;
}
