import { HEARTBEAT_MS, type NodeId, SILENCE_MS } from '@syncline/bus';
import type { Sender } from './envelope.ts';

/** More are not kept: somebody makes ids up. */
const MAX_NODES = 4_096;
/** A longer time between two beats of one's own was Redis's, and counts for no node, in ms. */
const LONGEST_BEAT_MS = 1.5 * HEARTBEAT_MS;

interface Known {
  /** The newest connection that it published over. */
  connection: number;
  heardAt: number;
}

/**
 * The other nodes, as far as they are heard. Their silence is measured by a clock that runs only while
 * the way through Redis is known to be open: from one beat of this node's own to the next.
 */
export class Nodes {
  readonly #known = new Map<NodeId, Known>();
  #clock = 0;

  get count(): number {
    return this.#known.size;
  }

  /** @returns false when it comes too late: the sender has given up the connection that brought it. */
  hear({ node, connection }: Sender): boolean {
    const known = this.#known.get(node);
    if (known === undefined) {
      if (this.#known.size < MAX_NODES) {
        this.#known.set(node, { connection, heardAt: this.#clock });
      }
      return true;
    }
    known.heardAt = this.#clock;
    if (connection < known.connection) return false;
    known.connection = connection;
    return true;
  }

  /**
   * A beat of this node's own came back, so long after the one before.
   * @returns the nodes that were silent for too long; they are forgotten.
   */
  advance(ms: number): NodeId[] {
    this.#clock += Math.min(ms, LONGEST_BEAT_MS);
    const gone: NodeId[] = [];
    for (const [node, { heardAt }] of this.#known) {
      if (this.#clock - heardAt >= SILENCE_MS) gone.push(node);
    }
    for (const node of gone) this.#known.delete(node);
    return gone;
  }

  /** What was silent so far may have said something that was not heard. */
  startAnew(): void {
    for (const known of this.#known.values()) known.heardAt = this.#clock;
  }

  /** @returns whether it was known. */
  forget(node: NodeId): boolean {
    return this.#known.delete(node);
  }
}
