import type { DocumentReport, UnreadableDocument } from '@syncline/server/operator';
import { defineCommand } from '../command.ts';
import { formatBytes, formatCount, formatNumberOf } from '../format.ts';
import { OPERATOR_OPTIONS, withOperator } from '../operator-options.ts';
import { print, printJson } from '../output.ts';

/** Columns are as wide as most numbers; there is no waiting for the widest of 100,000. */
const WIDTHS = [9, 9, 8, 8];

/** Lists documents as they are read, so that it begins at once however many there are. */
export const command = defineCommand({
  about: `Lists the documents, in no particular order. SIZE is what a document takes in the store:
its checkpoint and the entries after it (TAIL). With --json, each line is one JSON value.`,
  options: {
    ...OPERATOR_OPTIONS,
    names: { help: 'only the names, one a line: faster' },
    changed: { help: 'only documents with entries since their last checkpoint' },
  },
  examples: ['list', 'list --names --url http://127.0.0.1:1234'],
  run: async (given) => {
    const { json, names, changed } = given.options;
    await withOperator(given, async (operator) => {
      if (names) {
        for await (const documentId of operator.names({ changed })) {
          await (json ? printJson({ documentId }) : print(`${documentId}\n`));
        }
        return;
      }
      let count = 0;
      let bytes = 0;
      for await (const document of operator.list({ changed })) {
        if (json) {
          await printJson(document);
          continue;
        }
        if (count === 0) await print(row('SIZE', 'HEAD', 'TAIL', 'SESSIONS', 'DOCUMENT'));
        count++;
        bytes += 'error' in document ? 0 : sizeOf(document);
        await print(describe(document));
      }
      if (json) return;
      const total = `${formatNumberOf(count, 'document')}, ${formatBytes(bytes)}\n`;
      await print(count > 0 ? total : changed ? 'No document changed\n' : 'No documents\n');
    });
  },
});

function describe(document: DocumentReport | UnreadableDocument): string {
  const { documentId } = document;
  if ('error' in document) {
    return row('?', '?', '?', '?', `${documentId}  (${document.error.code})`);
  }
  const { head, entries, sessions } = document;
  return row(
    formatBytes(sizeOf(document)),
    formatCount(head),
    formatCount(entries),
    sessions === undefined ? '–' : formatCount(sessions),
    documentId,
  );
}

function sizeOf({ entryBytes, checkpoint }: DocumentReport): number {
  return entryBytes + (checkpoint?.bytes ?? 0);
}

function row(...cells: [string, string, string, string, string]): string {
  const name = cells.pop() as string;
  const numbers = cells.map((cell, index) => cell.padStart(WIDTHS[index] ?? 0));
  return `${numbers.join('  ')}  ${name}\n`;
}
