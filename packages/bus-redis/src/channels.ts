import type { NodeId } from '@syncline/bus';
import type { DocumentId } from '@syncline/protocol';

/** The names of channels. */
export class Channels {
  /** What all nodes hear. */
  readonly all: string;
  readonly #documents: string;
  readonly #nodes: string;

  constructor(prefix: string) {
    this.all = `${prefix}:all`;
    this.#documents = `${prefix}:d:`;
    this.#nodes = `${prefix}:n:`;
  }

  ofDocument(documentId: DocumentId): string {
    return this.#documents + documentId;
  }

  /** Requests to a node, and answers to it. */
  ofNode(node: NodeId): string {
    return this.#nodes + node;
  }

  /** Undefined when the channel is of no document. */
  documentOf(channel: string): DocumentId | undefined {
    if (!channel.startsWith(this.#documents)) return undefined;
    return channel.slice(this.#documents.length) as DocumentId;
  }
}
