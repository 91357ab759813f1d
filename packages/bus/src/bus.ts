import type { DocumentId } from '@syncline/protocol';
import type { DocumentMessage, NodeMessage } from './message.ts';

declare const brand: unique symbol;

/** A random id of one server process. */
export type NodeId = string & { readonly [brand]: 'NodeId' };

/**
 * Brings what nodes tell each other. It may lose messages, and says so; it never changes the order of
 * what one node says of one document. Nothing of it is the truth: that is the store.
 */
export interface Bus {
  readonly nodeId: NodeId;

  /**
   * Whether what other nodes say arrives, as far as is known. While it does not,
   * {@link BusListener.onMissed} is called again and again.
   */
  readonly isHearing: boolean;

  /** How many nodes there are, with this one, as far as is known. */
  readonly nodeCount: number;

  /** Who hears. To be called once, before anything else. */
  listen(listener: BusListener): void;

  /**
   * Hears what is said of a document. Resolves when whatever is said from then on arrives, or when that
   * cannot be had now: then {@link BusListener.onMissed} follows. Never rejects.
   */
  join(documentId: DocumentId): Promise<void>;

  leave(documentId: DocumentId): void;

  /** Tells the other nodes that have joined the document. Never throws or waits, and may be lost. */
  tell(documentId: DocumentId, message: DocumentMessage): void;

  /** Tells all other nodes. Never throws or waits, and may be lost. */
  tellAll(message: NodeMessage): void;

  /**
   * Asks one node, and gives what its {@link BusListener.onRequest} answers.
   * @throws SyncError `node-unreachable` when no answer comes in time.
   */
  ask(node: NodeId, request: Uint8Array, timeoutMs: number): Promise<Uint8Array>;

  /** Says goodbye to the other nodes. Idempotent. */
  close(): Promise<void>;
}

/** What a node does with what it hears. No method throws. */
export interface BusListener {
  /** Another node tells something of a document that was joined. Bytes in it are views: copy what is kept. */
  onMessage(documentId: DocumentId, message: DocumentMessage, from: NodeId): void;
  onNodeMessage(message: NodeMessage, from: NodeId): void;
  /** Another node asks. A rejection is passed on to it when it is a `SyncError`. */
  onRequest(request: Uint8Array, from: NodeId): Promise<Uint8Array>;
  /**
   * Messages may have been lost, of this node or of others: see what the store has, and say again what
   * is in no store. Also called every now and then while the bus is away.
   */
  onMissed(): void;
  /** A node has said goodbye, or nothing for so long that it counts as gone. */
  onNodeGone(node: NodeId): void;
}

/** How often nodes say that they are there, and after how long a silent one counts as gone, in ms. */
export const HEARTBEAT_MS = 5_000;
export const SILENCE_MS = 15_000;
