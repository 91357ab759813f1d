import type { Bus, BusListener } from '@syncline/bus';
import { SyncError } from '@syncline/protocol';

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

/** Opens the bus between nodes. */
export async function openBus({ url, prefix }: BusPlace): Promise<Bus> {
  // Loaded where it is needed, as PostgreSQL's client is.
  const { RedisBus } = await import('@syncline/bus-redis');
  return await RedisBus.open(url, { prefix });
}

/** Opens a bus to tell the nodes something; who has no documents open has nothing to hear. */
export async function openTelling(place: BusPlace): Promise<Bus> {
  const bus = await openBus(place);
  bus.listen(DEAF);
  return bus;
}
