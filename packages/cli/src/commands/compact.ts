import { type DocumentId, parseDocumentId, SyncError } from '@syncline/protocol';
import type { CompactionReport, Operator } from '@syncline/server/operator';
import { defineCommand } from '../command.ts';
import { forEach } from '../for-each.ts';
import { formatBytes, formatCount, formatNumberOf } from '../format.ts';
import { CHANGE_OPTIONS, PROGRESS_FLAG, withOperator } from '../operator-options.ts';
import { print, printJson, warn } from '../output.ts';
import { Progress } from '../progress.ts';

/** So many documents at once: while one is merged in a thread, others are read and stored. */
const AT_ONCE = 4;

export const command = defineCommand({
  words: ['[<documentId>]'],
  about: `Merges the log of a document into a checkpoint, and collects what was deleted as garbage.
Without a name, it does so with every document that changed since its last checkpoint.
A server or a worker does this by itself; this is for when you want it now.`,
  options: { ...CHANGE_OPTIONS, progress: PROGRESS_FLAG },
  examples: ['compact notes/today', 'compact --url http://127.0.0.1:1234'],
  run: async (given) => {
    const { options } = given;
    const { json } = options;
    const [name] = given.words;
    if (name === undefined) {
      await withOperator(given, (operator) => compactAll(operator, options));
      return;
    }
    const documentId = parseDocumentId(name);
    const report = await withOperator(given, (operator) => operator.compact(documentId));
    if (json) await printJson(report);
    else await print(describe(report));
    warnOfSetAside(report);
  },
});

async function compactAll(
  operator: Operator,
  { json, progress: isAskedFor }: { readonly json: boolean; readonly progress: boolean },
): Promise<void> {
  const progress = new Progress(isAskedFor);
  const total = { compacted: 0, failed: 0, setAside: 0, bytesBefore: 0, bytesAfter: 0 };
  const compactOne = async (documentId: DocumentId) => {
    try {
      const report = await operator.compact(documentId);
      if (report.compacted) total.compacted++;
      total.setAside += report.setAside;
      total.bytesBefore += report.before.bytes;
      total.bytesAfter += report.after.bytes;
      if (report.setAside > 0) progress.clear();
      warnOfSetAside(report);
    } catch (error) {
      if (!(error instanceof SyncError) || error.code === 'server-unreachable') throw error;
      if (error.code === 'document-missing') return; // it was deleted meanwhile
      total.failed++;
      progress.clear();
      warn(error.message);
    }
    progress.show(`${formatNumberOf(total.compacted, 'document')} compacted; now ${documentId}`);
  };
  await forEach(operator.names({ changed: true }), AT_ONCE, compactOne);
  progress.clear();
  const { compacted, failed, bytesBefore, bytesAfter } = total;
  const sizes = compacted === 0 ? '' : `: ${formatBytes(bytesBefore)} → ${formatBytes(bytesAfter)}`;
  if (json) await printJson(total);
  else await print(`Compacted ${formatNumberOf(compacted, 'document')}${sizes}\n`);
  if (failed > 0) {
    const message = `${formatNumberOf(failed, 'document')} could not be compacted`;
    throw new SyncError('internal', message);
  }
}

function describe({ documentId, compacted, before, after }: CompactionReport): string {
  if (!compacted) {
    const isOthers = before.entries > 0 && after.entries > 0;
    return `${documentId}: ${isOthers ? 'a node is at it' : 'there is nothing to compact'}\n`;
  }
  const merged = before.entries === 1 ? '1 entry' : `${formatCount(before.entries)} entries`;
  return `${documentId}: merged ${merged}, ${formatBytes(before.bytes)} → ${formatBytes(after.bytes)}\n`;
}

function warnOfSetAside({ documentId, setAside }: CompactionReport): void {
  if (setAside > 0)
    warn(`${documentId}: ${setAside} of its entries were set aside: they cannot be read`);
}
