import type { SynclineClientMessage, SynclineServerMessage } from '@syncline/protocol';
import type { LinkEnd } from '../link/link.ts';

/**
 * What tabs of one group say to each other. `leader`, `hello` and a `bye` before the first answer go to
 * all tabs; the rest travels on the line of a follower, a channel that only it and the leader listen to.
 */
export type TabMessage = {
  /** Who says it. */
  readonly tab: string;
  /** Which link of the follower it is about, counted from 1; 0: none. */
  readonly link: number;
} & (
  | {
      /** "I lead." */
      readonly type: 'leader';
      /** Whether my connection is open. */
      readonly open: boolean;
    }
  /** A follower wants a connection. */
  | { readonly type: 'hello' }
  /** The leader has read the `hello`. The `welcome` comes when its connection is open. */
  | { readonly type: 'heard' }
  /** The follower has ended its link. */
  | { readonly type: 'bye' }
  | { readonly type: 'up'; readonly message: SynclineClientMessage }
  | { readonly type: 'down'; readonly message: SynclineServerMessage }
  | {
      /** The leader has ended the link. */
      readonly type: 'end';
      readonly end: LinkEnd;
      /** The follower should have a connection of its own. */
      readonly alone: boolean;
    }
);

/**
 * The name of a group's lock and of the channel that all its tabs listen to. The number is the version of
 * {@link TabMessage}: builds of an application that would not understand each other do not meet.
 */
export function groupName(key: string): string {
  return `syncline:1:${key}`;
}

/** The name of a tab's line to the leader, and of the lock that it holds as long as it lives. */
export function tabName(group: string, tab: string): string {
  return `${group}:${tab}`;
}

/** Says something; with bytes of its own, because a view is sent with the whole buffer behind it. */
export function post(to: BroadcastChannel, message: TabMessage): void {
  to.postMessage(
    'message' in message ? { ...message, message: withOwnBytes(message.message) } : message,
  );
}

/** Listens. What is no {@link TabMessage} is ignored: any script of the origin can write to the channel. */
export function listen(name: string, onMessage: (message: TabMessage) => void): BroadcastChannel {
  const channel = new BroadcastChannel(name);
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (isTabMessage(data)) onMessage(data);
  });
  return channel;
}

function isTabMessage(data: unknown): data is TabMessage {
  const { type, tab, link, message, end } = (data ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof tab === 'string' &&
    typeof link === 'number' &&
    ((type !== 'up' && type !== 'down') || typeof (message as Said)?.type === 'string') &&
    (type !== 'end' || typeof (end as Said)?.message === 'string')
  );
}

/** What somebody said, before it was looked at. */
type Said = { readonly type?: unknown; readonly message?: unknown } | null | undefined;

function withOwnBytes<Message extends object>(message: Message): Message {
  const own = { ...message };
  for (const [name, value] of Object.entries(own)) {
    if (value instanceof Uint8Array && value.length < value.buffer.byteLength) {
      Object.assign(own, { [name]: new Uint8Array(value) });
    }
  }
  return own;
}
