import { parseDocumentId } from '@syncline/protocol';
import { defineCommand } from '../command.ts';
import { CHANGE_OPTIONS, withOperator } from '../operator-options.ts';
import { print, printJson } from '../output.ts';

export const command = defineCommand({
  words: ['<documentId>'],
  about: `Gives a document a new epoch with the same content: its log becomes one checkpoint, entries
that were set aside are dropped, and its clients reconnect and compare anew what they have.`,
  options: CHANGE_OPTIONS,
  examples: ['reset notes/today'],
  run: async (given) => {
    const { options } = given;
    const [name = ''] = given.words;
    const documentId = parseDocumentId(name);
    const { epoch, head } = await withOperator(given, (operator) => operator.reset(documentId));
    if (options.json) await printJson({ documentId, epoch, head });
    else await print(`Reset ${documentId}: its epoch is ${epoch}\n`);
  },
});
