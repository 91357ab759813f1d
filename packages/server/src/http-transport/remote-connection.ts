import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, NodeId } from '@syncline/bus';
import { SyncError } from '@syncline/protocol';
import { POLL_MS } from './down.ts';
import { decodePolled, decodeTaken, encodeNodeRequest, type NodeRequest } from './node-request.ts';
import type { Polled, RequestedConnection } from './requested-connection.ts';

/** A node answers within this, also when there is nothing to say yet; then it is asked again. */
export const WAIT_MS = 5_000;
/** A node that has not answered after so long, as often, is gone. */
const ANSWER_MS = 8_000;
const TRIES = 2;
/** While the bus is away, a stream asks again this often. */
const AWAY_MS = 1_000;
/** While its reader is slow, a stream says this often that it is there. */
const STAY_MS = 10_000;
/** Who sends more has to know a connection that there is: else anybody could fill the bus. */
const LARGE_BYTES = 64 * 1024;

/** A connection that another node has, which is asked over the bus. */
export class RemoteConnection implements RequestedConnection {
  readonly #bus: Bus;
  readonly #node: NodeId;
  readonly #id: string;

  constructor(bus: Bus, node: NodeId, id: string) {
    this.#bus = bus;
    this.#node = node;
    this.#id = id;
  }

  async post(number: number, body: Uint8Array, signal: AbortSignal): Promise<void> {
    const id = this.#id;
    if (body.length > LARGE_BYTES) await this.#ask({ type: 'stay', id });
    while (!signal.aborted) {
      if (decodeTaken(await this.#ask({ type: 'post', id, number, body }))) return;
    }
  }

  async poll(after: number, signal: AbortSignal): Promise<Polled> {
    const deadline = performance.now() + POLL_MS;
    for (;;) {
      const polled = await this.#poll(after);
      const isLate = performance.now() >= deadline || signal.aborted;
      if (polled.body.length > 0 || polled.isOver || isLate) return polled;
    }
  }

  /** Asks for more only when it is read; what was not known to have arrived comes again. */
  stream(): ReadableStream<Uint8Array> {
    const cancelled = new AbortController();
    let after = 0;
    let staying: NodeJS.Timeout | undefined;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          clearInterval(staying);
          const polled = await this.#next(after, cancelled.signal);
          if (cancelled.signal.aborted) return;
          if (polled === undefined) {
            controller.close();
            return;
          }
          after = polled.next;
          controller.enqueue(polled.body);
          staying = setInterval(() => this.#tell('stay'), STAY_MS).unref();
        },
        cancel: () => {
          clearInterval(staying);
          cancelled.abort();
          this.#tell('leave');
        },
      },
      { highWaterMark: 0 },
    );
  }

  async leave(): Promise<void> {
    await this.#ask({ type: 'leave', id: this.#id });
  }

  /** What a stream brings next; undefined when nothing more comes. */
  async #next(after: number, signal: AbortSignal): Promise<Polled | undefined> {
    while (!signal.aborted) {
      try {
        const polled = await this.#poll(after);
        if (polled.body.length > 0) return polled;
        if (polled.isOver) return undefined;
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        if (error.code !== 'node-unreachable') return undefined;
        await sleep(AWAY_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    }
    return undefined;
  }

  async #poll(after: number): Promise<Polled> {
    return decodePolled(await this.#ask({ type: 'poll', id: this.#id, after }));
  }

  /** Who does not hear it finds out by itself. */
  #tell(type: 'stay' | 'leave'): void {
    this.#ask({ type, id: this.#id }).catch(() => {});
  }

  async #ask(request: NodeRequest): Promise<Uint8Array> {
    const bytes = encodeNodeRequest(request);
    for (let tries = 1; ; tries++) {
      try {
        return await this.#bus.ask(this.#node, bytes, ANSWER_MS);
      } catch (error) {
        const isUnanswered = error instanceof SyncError && error.code === 'node-unreachable';
        if (!isUnanswered || !this.#bus.isHearing) throw error;
        if (tries < TRIES) continue;
        const reason = 'the node that has the connection is gone; open a new one';
        throw new SyncError('connection-unknown', reason, { cause: error });
      }
    }
  }
}
