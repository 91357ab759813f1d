import { parseDocumentId } from '@syncline/protocol';
import type { DocumentReport } from '@syncline/server/operator';
import { defineCommand } from '../command.ts';
import { formatBytes, formatCount, formatFields } from '../format.ts';
import { OPERATOR_OPTIONS, withOperator } from '../operator-options.ts';
import { print, printJson } from '../output.ts';

export const command = defineCommand({
  words: ['<documentId>'],
  about: 'Shows where the log of a document stands, and how much it takes.',
  options: OPERATOR_OPTIONS,
  examples: ['inspect notes/today'],
  run: async (given) => {
    const { options } = given;
    const [name = ''] = given.words;
    const documentId = parseDocumentId(name);
    const report = await withOperator(given, (operator) => operator.inspect(documentId));
    await (options.json ? printJson(report) : print(describe(report)));
  },
});

function describe(report: DocumentReport): string {
  const { documentId, epoch, head, floor, entries, entryBytes, checkpoint, setAside, sessions } =
    report;
  return formatFields([
    ['document', documentId],
    ['epoch', epoch],
    ['head', formatCount(head)],
    ['floor', formatCount(floor)],
    [
      'checkpoint',
      checkpoint === undefined
        ? 'none yet'
        : `at ${formatCount(checkpoint.seq)}, ${formatBytes(checkpoint.bytes)}`,
    ],
    ['tail', entries === 0 ? 'empty' : `${entriesOf(entries)}, ${formatBytes(entryBytes)}`],
    ['set aside', setAside === 0 ? 'nothing' : entriesOf(setAside)],
    ['sessions', sessions === undefined ? 'only nodes know' : formatCount(sessions)],
  ]);
}

function entriesOf(count: number): string {
  return count === 1 ? '1 entry' : `${formatCount(count)} entries`;
}
