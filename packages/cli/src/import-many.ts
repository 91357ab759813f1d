import { type DocumentId, type ErrorCode, SyncError } from '@syncline/protocol';
import type { Operator } from '@syncline/server/operator';
import { forEach } from './for-each.ts';
import { formatBytes, formatNumberOf } from './format.ts';
import { print, printJson, warn } from './output.ts';
import { Progress } from './progress.ts';

/** Where documents are to go, or come from, is not there any more: the others would fare no better. */
const GONE = new Set<ErrorCode>(['server-unreachable', 'load-failed', 'commit-failed']);

/** A document that is to be imported. */
export interface Importable {
  /** What it is called where it comes from. */
  readonly name: string;
  /** @throws SyncError when it cannot be imported. */
  read(): Promise<ImportableContent>;
}

export interface ImportableContent {
  readonly documentId: DocumentId;
  readonly update: Uint8Array;
  /** How many updates Yjs could not read, and `update` is without. */
  readonly leftOut: number;
}

export interface ImportManyOptions {
  /** What is done, for people: documents are `imported`, or `copied`. */
  readonly done: 'imported' | 'copied';
  /** So many documents at a time; 1 where two of them may have the same name. */
  readonly atOnce: number;
  readonly replace: boolean;
  readonly json: boolean;
  readonly progress: boolean;
}

/**
 * Imports many documents. One that cannot be imported is reported, and keeps none of the others from it.
 * @throws SyncError in the end, when there were such; and what `documents` throws.
 */
export async function importMany(
  operator: Operator,
  documents: AsyncIterable<Importable>,
  { done, atOnce, replace, json, progress: isAskedFor }: ImportManyOptions,
): Promise<void> {
  const progress = new Progress(isAskedFor);
  const total = { failed: 0, leftOut: 0, bytes: 0 };
  let count = 0;
  await forEach(documents, atOnce, async (document) => {
    progress.show(`${formatNumberOf(count, 'document')} ${done}; now ${document.name}`);
    try {
      const { documentId, update, leftOut } = await document.read();
      await operator.import(documentId, update, { replace });
      count++;
      total.bytes += update.length;
      total.leftOut += leftOut;
      if (leftOut === 0) return;
      progress.clear();
      warn(`${document.name}: ${formatNumberOf(leftOut, 'update')} left out: Yjs cannot read them`);
    } catch (error) {
      if (!(error instanceof SyncError) || GONE.has(error.code)) throw error;
      total.failed++;
      progress.clear();
      warn(`${document.name} was not ${done}: ${error.message}`);
    }
  });
  progress.clear();
  const { failed, bytes } = total;
  if (json) await printJson({ [done]: count, ...total });
  else {
    const summary = `${formatNumberOf(count, 'document')}: ${formatBytes(bytes)}`;
    await print(`${done.charAt(0).toUpperCase()}${done.slice(1)} ${summary}\n`);
  }
  if (failed > 0) {
    throw new SyncError('internal', `${formatNumberOf(failed, 'document')} could not be ${done}`);
  }
}
