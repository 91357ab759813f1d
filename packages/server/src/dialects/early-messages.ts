import { SyncError } from '@syncline/protocol';
import type { Limits } from '../limits.ts';

/** What a client says before it is known who it is: kept in order, within limits for all its keys. */
export class EarlyMessages<Message> {
  readonly #limits: Pick<Limits, 'queueBytes' | 'queueFrames'>;
  readonly #queues = new Map<string, { readonly message: Message; readonly bytes: number }[]>();
  #bytes = 0;
  #frames = 0;

  constructor(limits: Pick<Limits, 'queueBytes' | 'queueFrames'>) {
    this.#limits = limits;
  }

  /**
   * @param message holds no view into a frame.
   * @throws SyncError `auth-queue-full`
   */
  add(key: string, message: Message, bytes: number): void {
    const { queueBytes, queueFrames } = this.#limits;
    if (this.#bytes + bytes > queueBytes || this.#frames >= queueFrames) {
      throw new SyncError(
        'auth-queue-full',
        `over limits.queueBytes (${queueBytes}) or limits.queueFrames (${queueFrames})`,
      );
    }
    const queue = this.#queues.get(key) ?? [];
    this.#queues.set(key, queue);
    queue.push({ message, bytes });
    this.#bytes += bytes;
    this.#frames++;
  }

  /** Those of a key, which are forgotten. */
  take(key: string): Message[] {
    const queue = this.#queues.get(key) ?? [];
    this.#queues.delete(key);
    this.#frames -= queue.length;
    for (const { bytes } of queue) this.#bytes -= bytes;
    return queue.map(({ message }) => message);
  }
}
