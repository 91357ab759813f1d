import type { SynclineClientMessage, SynclineLimits } from '@syncline/protocol';
import type { ChannelMessage } from '../tabs/tab-host.ts';

/** What sessions need of their connection. */
export interface ChannelConnection {
  /** Of the server; those of an unlimited one while it is not known. */
  readonly limits: SynclineLimits;
  takeChannel(onMessage: (message: ChannelMessage) => void): number;
  freeChannel(channel: number): void;
  /** Dropped while the connection is not open. */
  send(message: SynclineClientMessage): void;
}
