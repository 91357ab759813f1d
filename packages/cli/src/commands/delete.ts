import { createInterface } from 'node:readline/promises';
import { type DocumentId, parseDocumentId, SyncError } from '@syncline/protocol';
import type { Operator } from '@syncline/server/operator';
import { defineCommand } from '../command.ts';
import { CHANGE_OPTIONS, withOperator } from '../operator-options.ts';
import { print, printJson } from '../output.ts';
import { UsageError } from '../usage-error.ts';

export const command = defineCommand({
  words: ['<documentId>'],
  about: `Deletes a document and its whole log, after asking. Its sessions end, and their clients are
told to stay away. A client that was offline, and comes with its copy, is refused.`,
  options: { ...CHANGE_OPTIONS, yes: { help: 'does not ask' } },
  examples: ['delete notes/today --yes'],
  run: async (given) => {
    const { options } = given;
    const [name = ''] = given.words;
    const documentId = parseDocumentId(name);
    if (!options.yes && !process.stdin.isTTY) {
      throw new UsageError('without a terminal to ask in, "delete" needs --yes');
    }
    await withOperator(given, async (operator) => {
      if (!options.yes) {
        await mustBeThere(operator, documentId);
        if (!(await confirm(`Delete "${documentId}" for good?`))) {
          await print('Nothing was deleted.\n');
          return;
        }
      }
      await operator.delete(documentId);
      if (options.json) await printJson({ documentId, deleted: true });
      else await print(`Deleted ${documentId}\n`);
    });
  },
});

/** Before a question that would be about nothing. What cannot be read is there. */
async function mustBeThere(operator: Operator, documentId: DocumentId): Promise<void> {
  try {
    await operator.inspect(documentId);
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'store-damaged') throw error;
  }
}

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
