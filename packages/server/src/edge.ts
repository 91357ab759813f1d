import type { NodeId } from '@syncline/bus';
import type { DocumentId } from '@syncline/protocol';
import type { Epoch } from '@syncline/storage';
import type { Logger } from 'pino';
import type { Connections } from './connections.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { Policy } from './policy.ts';
import type { ReadingTurns } from './reading-turns.ts';
import type { Refusals } from './refusals.ts';
import type { Sessions } from './sessions.ts';
import type { Tick } from './tick.ts';

/** What the ways in have in common: every connection and every dialect stands on it. */
export interface Edge {
  /** Of this server process. */
  readonly nodeId: NodeId;
  readonly tick: Tick;
  readonly connections: Connections;
  /** Of connections that bring more than can be read at once. */
  readonly turns: ReadingTurns;
  readonly sessions: Sessions;
  readonly policy: Policy;
  readonly refusals: Refusals;
  readonly limits: Limits;
  readonly schema: SchemaRange;
  /** The server's version, for clients that want to know. */
  readonly version: string;
  /** Gives a document the next epoch, once, since acknowledged entries of this one were lost. */
  readonly carryOn: (documentId: DocumentId, lost: Epoch) => Promise<void>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Which versions of the application's schema may come in. */
export interface SchemaRange {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}
