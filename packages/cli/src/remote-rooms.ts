import type { Bus } from '@syncline/bus';
import { type DocumentId, SyncError } from '@syncline/protocol';
import type { Compactor, EndSessions, LiveDocuments } from '@syncline/server/operator';
import { type BusPlace, openTelling } from './bus.ts';
import { maskPasswords } from './service-url.ts';

type Compacted = NonNullable<Awaited<ReturnType<Compactor['compact']>>>;

/**
 * The rooms of the nodes that run on the same database. They are told by the bus when a document's log
 * was changed past them, and end its sessions; an edit that they commit before is refused by the store,
 * since it was made for another epoch.
 */
export class RemoteRooms implements LiveDocuments {
  readonly #place: BusPlace | undefined;
  #bus: Promise<Bus> | undefined;
  #untold = false;

  /** @param place undefined when there is no way to tell them. */
  constructor(place: BusPlace | undefined) {
    this.#place = place;
  }

  /** Whether there was something that could not be told, as far as is known. */
  get untold(): boolean {
    return this.#untold;
  }

  async exclusive<T>(documentId: DocumentId, task: (end: EndSessions) => Promise<T>): Promise<T> {
    // Opened before: nothing is changed that cannot be told.
    const bus = await this.#open();
    let told = undefined as SyncError | undefined;
    const result = await task((reason) => {
      told = reason;
      return Promise.resolve();
    });
    if (told === undefined) return result;
    const { code, message } = told;
    bus?.tell(documentId, { type: 'replaced', code, message });
    this.#untold ||= bus === undefined;
    return result;
  }

  async tellCompacted({ documentId, epoch, seq }: Compacted): Promise<void> {
    (await this.#open())?.tell(documentId, { type: 'compacted', epoch, seq });
  }

  /** Nobody knows that of all nodes together. */
  sessionCount(): undefined {
    return undefined;
  }

  /** What was told is sent before. */
  async close(): Promise<void> {
    const bus = await this.#bus?.catch(() => undefined);
    if (bus === undefined) return;
    this.#untold ||= !bus.isHearing;
    await bus.close();
  }

  /** Only commands that change something need it. */
  async #open(): Promise<Bus | undefined> {
    if (this.#place === undefined) return undefined;
    this.#bus ??= openHearing(this.#place);
    return await this.#bus;
  }
}

/** @throws SyncError `server-unreachable` */
async function openHearing(place: BusPlace): Promise<Bus> {
  const bus = await openTelling(place);
  if (bus.isHearing) return bus;
  await bus.close();
  const what = `Redis does not answer (${maskPasswords(place.url)})`;
  throw new SyncError('server-unreachable', `${what}, and nodes are to be told of this by it`);
}
