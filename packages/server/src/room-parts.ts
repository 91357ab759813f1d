import { SyncError } from '@syncline/protocol';
import { Broadcasts } from './broadcasts.ts';
import type { DocumentLog } from './document-log.ts';
import { LiveLog } from './live-log.ts';
import { Presence } from './presence/presence.ts';
import type { Room } from './room.ts';
import type { RoomContext } from './room-context.ts';
import type { Session } from './session.ts';
import type { Tombstone } from './tombstone.ts';

/** A room whose parts are made. */
export interface RoomOfParts {
  readonly room: Room;
  /** As they come and go. */
  readonly sessions: ReadonlySet<Session>;
  readonly context: RoomContext;
}

export function makeLiveLog(
  { room, sessions, context }: RoomOfParts,
  log: DocumentLog,
  tombstone: Tombstone,
): LiveLog {
  const { documentId } = room;
  return new LiveLog({
    documentId,
    log,
    tombstone,
    sessions,
    context,
    onActivity: () => context.onActivity(room),
    onClockJump: (session, clocks) => context.onClockJump(room, session, clocks),
    onCreated: (epoch) => {
      for (const session of sessions) session.tell((peer) => peer.created(epoch));
    },
    onReplaced: () => context.onReplaced(room),
    onFailure: (cause) => {
      const reason = 'the server could not store updates';
      room.fail(cause, new SyncError('commit-failed', reason, { cause }));
    },
  });
}

export function makePresence({ room, sessions, context }: RoomOfParts): Presence {
  const { bus, limits, budgetBytes } = context;
  return new Presence({
    sessions,
    perSession: limits.awarenessPerSession,
    bytesPerSecond: limits.awarenessBytesPerSecond,
    budgetBytes,
    tellNodes: (states) => bus.tell(room.documentId, { type: 'awareness', states }),
    onThrow: (cause) => room.fail(cause),
  });
}

export function makeBroadcasts({ sessions, context }: RoomOfParts): Broadcasts {
  const { limits, budgetBytes } = context;
  return new Broadcasts({ sessions, keep: limits.broadcastReplay, budgetBytes });
}
