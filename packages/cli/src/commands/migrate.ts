import { defineCommand } from '../command.ts';
import { STORE_OPTION } from '../config/config-options.ts';
import { JSON_FLAG } from '../operator-options.ts';
import { print, printJson } from '../output.ts';
import { readDatabase } from '../place-options.ts';
import { migrateDatabase } from '../store.ts';

export const command = defineCommand({
  about: `Brings the schema of a PostgreSQL database to the version of this program, in one transaction.
A node does this by itself when it starts; this is for those whose nodes run with a role that
may not make tables. Nodes of the version before go on meanwhile, unless the changelog says
otherwise.`,
  options: { store: STORE_OPTION, json: JSON_FLAG },
  examples: ['migrate --store postgres://owner@db.example.com/syncline'],
  run: async (given) => {
    const migration = await migrateDatabase(readDatabase(given));
    const { from, to } = migration;
    if (given.options.json) await printJson(migration);
    else if (from === to) await print(`Schema version ${to}, nothing to do\n`);
    else await print(`Migrated the schema from version ${from} to ${to}\n`);
  },
});
