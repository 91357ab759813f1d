import type { Bus, BusListener } from '@syncline/bus';
import { SyncError } from '@syncline/protocol';
import type { Logger } from 'pino';
import { maskPasswords } from './service-url.ts';

export interface BusPlace {
  /** `redis://user:password@host:port` */
  readonly url: string;
  /** What the names of all its channels begin with. */
  readonly prefix: string;
}

/** Hears nothing: for processes that only tell. */
const DEAF: BusListener = {
  onMessage() {},
  onNodeMessage() {},
  onRequest: async () => {
    throw new SyncError('node-unreachable', 'this process serves no documents');
  },
  onMissed() {},
  onNodeGone() {},
};

/**
 * Opens the bus between nodes, and logs when it ceases to hear. While Redis is away it goes on trying.
 * @throws SyncError `config-invalid` when Redis refuses the login.
 */
export async function openBus({ url, prefix }: BusPlace, logger?: Logger): Promise<Bus> {
  // Loaded where it is needed, as PostgreSQL's client is.
  const { RedisBus } = await import('@syncline/bus-redis');
  const bus = maskPasswords(url);
  return await RedisBus.open(url, {
    prefix,
    onState: (state, cause) => {
      // Not the error itself: one of Redis's may hold the command that it refused, with a password.
      const reason = cause?.message;
      if (state === 'hearing') logger?.info({ bus }, 'nodes hear each other');
      else logger?.error({ bus, reason }, 'nodes do not hear each other: edits take seconds');
    },
    onUnreadable: (cause) => logger?.warn({ bus, err: cause }, 'a message could not be read'),
  });
}

/** Opens a bus to tell the nodes something; who has no documents open has nothing to hear. */
export async function openTelling(place: BusPlace, logger?: Logger): Promise<Bus> {
  const bus = await openBus(place, logger);
  bus.listen(DEAF);
  return bus;
}
