import { type DocumentId, parseDocumentId, SyncError } from '@syncline/protocol';
import { mergeUpdates, type Operator } from '@syncline/server';
import { formatBytes, formatNumberOf } from './format.ts';
import { print, printJson, warn } from './output.ts';
import { Progress } from './progress.ts';
import { readYLeveldb, type YLeveldbDocument } from './y-leveldb.ts';

interface Options {
  readonly replace: boolean;
  readonly rawNames: boolean;
  readonly json: boolean;
  readonly progress: boolean;
}

/**
 * Imports all documents of a y-leveldb folder. One that cannot be imported is reported, and keeps
 * none of the others from it.
 * @throws SyncError in the end, when there were such; and what {@link readYLeveldb} throws.
 */
export async function importYLeveldb(
  operator: Operator,
  directory: string,
  options: Options,
): Promise<void> {
  const progress = new Progress(options.progress);
  const total = { imported: 0, failed: 0, leftOut: 0, bytes: 0 };
  for await (const document of readYLeveldb(directory)) {
    progress.show(`${formatNumberOf(total.imported, 'document')} imported; now ${document.name}`);
    try {
      const { bytes, leftOut } = await importOne(operator, document, options);
      total.imported++;
      total.bytes += bytes;
      total.leftOut += leftOut;
      if (leftOut === 0) continue;
      progress.clear();
      warn(`${document.name}: ${formatNumberOf(leftOut, 'update')} left out: Yjs cannot read them`);
    } catch (error) {
      if (!(error instanceof SyncError) || error.code === 'server-unreachable') throw error;
      total.failed++;
      progress.clear();
      warn(`${document.name} was not imported: ${error.message}`);
    }
  }
  progress.clear();
  const { imported, failed, bytes } = total;
  if (options.json) await printJson(total);
  else await print(`Imported ${formatNumberOf(imported, 'document')}: ${formatBytes(bytes)}\n`);
  if (failed > 0) {
    const message = `${formatNumberOf(failed, 'document')} could not be imported`;
    throw new SyncError('internal', message);
  }
}

async function importOne(
  operator: Operator,
  { name, updates }: YLeveldbDocument,
  { replace, rawNames }: Options,
): Promise<{ readonly bytes: number; readonly leftOut: number }> {
  const documentId = rawNames ? parseDocumentId(name) : decodeName(name);
  const { update, leftOut } = mergeUpdates(updates);
  await operator.import(documentId, update, { replace });
  return { bytes: update.length, leftOut };
}

/** A name as it stands in a URL. One that does not is taken as it is. */
function decodeName(name: string): DocumentId {
  try {
    return parseDocumentId(decodeURIComponent(name));
  } catch (error) {
    if (error instanceof SyncError) throw error;
    return parseDocumentId(name);
  }
}
