import type { Operator } from '@syncline/server/operator';
import { defineCommand } from '../command.ts';
import { BUS_OPTIONS, STORE_OPTION } from '../config/config-options.ts';
import { type Importable, importMany } from '../import-many.ts';
import { JSON_FLAG, PROGRESS_FLAG, withDatabase, withFolder } from '../operator-options.ts';
import { DATA_OPTION, readDatabase } from '../place-options.ts';

/** So many documents at once: while one is stored, others are read and merged. */
const AT_ONCE = 4;

export const command = defineCommand({
  about: `Copies all documents of a data folder that no server has open into a PostgreSQL database,
under the same names: to go from one machine to several. The folder stays as it is.

Documents that are in the database already are reported and left alone, so that a copy that
broke off can be repeated; --replace puts the folder's in their place. Each document gets a new
epoch: clients compare anew what they have, and bring what the copy lacks. What only says
that a document was deleted (its tombstone) is not copied: a client that kept such a document
and comes back makes it again.`,
  options: {
    data: DATA_OPTION,
    store: STORE_OPTION,
    ...BUS_OPTIONS,
    replace: { help: 'replaces documents that are in the database' },
    json: JSON_FLAG,
    progress: PROGRESS_FLAG,
  },
  examples: ['copy --data /var/lib/syncline --store postgres://user@host/database'],
  run: async (given) => {
    const { data, replace, json, progress } = given.options;
    const url = readDatabase(given);
    const how = { done: 'copied', atOnce: AT_ONCE, replace, json, progress } as const;
    await withFolder(data, (source) =>
      withDatabase(given, url, (target) => importMany(target, documentsOf(source), how)),
    );
  },
});

async function* documentsOf(source: Operator): AsyncIterable<Importable> {
  for await (const documentId of source.names()) {
    const read = async () => {
      const { update } = await source.export(documentId);
      return { documentId, update, leftOut: 0 };
    };
    yield { name: documentId, read };
  }
}
