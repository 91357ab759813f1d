import type { NodeId } from '@syncline/bus';
import { SyncError } from '@syncline/protocol';
import type { Packet } from './envelope.ts';

type Reply = Extract<Packet, { readonly type: 'answer' | 'failure' }>;

interface Asked {
  readonly node: NodeId;
  /** Ends it: `reply` is what the node said, undefined when it cannot be reached. */
  end(reply: Reply | undefined): void;
}

/** What this node asked others, until they answer. */
export class Requests {
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;

  /**
   * @param send publishes the request under an id; resolves with how many got it.
   * @throws SyncError `node-unreachable`, or the code of the node's failure
   */
  ask(node: NodeId, timeoutMs: number, send: (id: number) => Promise<number>): Promise<Uint8Array> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const end = (reply: Reply | undefined) => {
        if (!this.#asked.delete(id)) return;
        clearTimeout(timer);
        if (reply === undefined) {
          reject(new SyncError('node-unreachable', `node ${node} does not answer`));
        } else if (reply.type === 'failure') {
          reject(new SyncError(reply.code, reply.message));
        } else {
          resolve(reply.bytes.slice());
        }
      };
      const timer = setTimeout(end, timeoutMs, undefined);
      this.#asked.set(id, { node, end });
      void send(id).then((receivers) => receivers === 0 && end(undefined));
    });
  }

  /** A node answers. Only the one that was asked may. */
  take(node: NodeId, reply: Reply): void {
    const asked = this.#asked.get(reply.id);
    if (asked?.node === node) asked.end(reply);
  }

  /** A node, or every node, will not answer any more. */
  giveUp(node?: NodeId): void {
    for (const asked of this.#asked.values()) {
      if (node === undefined || asked.node === node) asked.end(undefined);
    }
  }
}
