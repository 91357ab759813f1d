import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { parseDocumentId } from '@syncline/protocol';
import { decodeDocumentFile } from '@syncline/server/operator';
import { defineCommand } from '../command.ts';
import { formatBytes } from '../format.ts';
import { importMany } from '../import-many.ts';
import { fromYLeveldb } from '../import-y-leveldb.ts';
import { CHANGE_OPTIONS, PROGRESS_FLAG, withOperator } from '../operator-options.ts';
import { print, printJson } from '../output.ts';
import { UsageError } from '../usage-error.ts';

const USAGE = 'import takes <documentId> FILE, or --from y-leveldb DIR';

export const command = defineCommand({
  words: ['[<documentId>', 'FILE]'],
  about: `Makes a document of a file that "syncline export" wrote, or of a plain Yjs update (format v1);
FILE may be - for stdin. A document that is there is left alone, and that is an error, unless
--replace puts the file in its place; nothing is merged. Clients that have a replaced document
open are told to load it anew.

With --from y-leveldb, it imports all documents of a folder that y-websocket's server kept with
y-leveldb. Their names are percent-decoded, since that server stores them as they stand in URLs.`,
  options: {
    ...CHANGE_OPTIONS,
    replace: { help: 'puts the content in the place of a document that is there' },
    from: { value: 'KIND', env: false, help: 'what to import from: y-leveldb' },
    'raw-names': { help: 'takes the names of y-leveldb as they are' },
    progress: PROGRESS_FLAG,
  },
  examples: [
    'import notes/today today.syncline',
    'import notes/today today.syncline --replace --url http://127.0.0.1:1234',
    'import --from y-leveldb ../y-websocket/dbDir',
  ],
  run: async (given) => {
    const { options, words } = given;
    const { from, replace, json, progress } = options;
    if (from !== undefined) {
      const [directory] = words;
      if (from !== 'y-leveldb') throw new UsageError(`--from must be y-leveldb, not "${from}"`);
      if (directory === undefined || words.length > 1) throw new UsageError(USAGE);
      const rawNames = options['raw-names'];
      const documents = fromYLeveldb(directory, { rawNames });
      // One after the other: two names there may be one when they are decoded.
      const how = { done: 'imported', atOnce: 1, replace, json, progress } as const;
      await withOperator(given, (operator) => importMany(operator, documents, how), {
        create: true,
      });
      return;
    }
    const [name, path] = words;
    if (name === undefined || path === undefined) throw new UsageError(USAGE);
    const documentId = parseDocumentId(name);
    // Read first: a data folder is not made for a file that is not there.
    const { update } = decodeDocumentFile(await readInput(path));
    const { epoch, head } = await withOperator(
      given,
      (operator) => operator.import(documentId, update, { replace }),
      { create: true },
    );
    if (json) await printJson({ documentId, epoch, head, bytes: update.length });
    else await print(`Imported ${documentId}: ${formatBytes(update.length)}\n`);
  },
});

async function readInput(path: string): Promise<Uint8Array> {
  return path === '-' ? await buffer(process.stdin) : await readFile(path);
}
