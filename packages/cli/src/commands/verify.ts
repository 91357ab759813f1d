import { SyncError } from '@syncline/protocol';
import { type Finding, type VerifyReport, verifyStore } from '@syncline/storage-level';
import { defineCommand } from '../command.ts';
import { formatBytes, formatNumberOf } from '../format.ts';
import { JSON_FLAG, mustBeFolder, PROGRESS_FLAG } from '../operator-options.ts';
import { print, printJson } from '../output.ts';
import { PLACE_OPTIONS, readPlace } from '../place-options.ts';
import { Progress } from '../progress.ts';
import { nameOf, openStore, type StorePlace } from '../store.ts';
import { UsageError } from '../usage-error.ts';
import { verifyDatabase } from '../verify-database.ts';

interface VerifyOptions {
  readonly repair: boolean;
  readonly onProgress: (documents: number) => void;
}

export const command = defineCommand({
  about: `Reads every record of a data folder that no server has open, and checks it. Ends with 1 when
something is damaged. With --repair, what fails its checks is taken out, so that everything
else can be served, and kept in the folder "damaged"; copy the data folder before.

With --store, it reads every document of a database, which nodes may use meanwhile: each record
has a checksum, and no seq may be missing. It does not look for damage in PostgreSQL's own files
that no document is in (see pg_amcheck), and repairs nothing.`,
  options: {
    ...PLACE_OPTIONS,
    json: JSON_FLAG,
    repair: { help: 'takes out what is damaged' },
    progress: PROGRESS_FLAG,
  },
  examples: [
    'verify --data /var/lib/syncline',
    'verify --repair',
    'verify --store postgres://user@host/database',
  ],
  run: async (given) => {
    const { json, repair, progress: isAskedFor } = given.options;
    const place = readPlace(given);
    if (repair && place.kind === 'database') {
      throw new UsageError('--repair is for folders; a database is restored from a backup');
    }
    const progress = new Progress(isAskedFor);
    const onProgress = (documents: number) =>
      progress.show(`${formatNumberOf(documents, 'document')} verified`);
    const report = await verifyPlace(place, { repair, onProgress });
    progress.clear();
    await (json ? printJson(report) : print(describe(report)));
    const damages = report.findings.filter(({ severity }) => severity === 'damage').length;
    if (damages === 0 || repair) return;
    const advice =
      place.kind === 'folder'
        ? 'run "syncline verify --repair" on a copy, or restore a backup'
        : 'restore a backup';
    throw new SyncError('store-damaged', `${nameOf(place)} is damaged: ${advice}`);
  },
});

async function verifyPlace(place: StorePlace, options: VerifyOptions): Promise<VerifyReport> {
  if (place.kind === 'folder') {
    mustBeFolder(place.folder);
    return await verifyStore(place.folder, options);
  }
  const store = await openStore(place);
  try {
    return await verifyDatabase(store, options.onProgress);
  } finally {
    await store.close();
  }
}

function describe({
  documents,
  records,
  bytes,
  findings,
  repairs,
  complete,
}: VerifyReport): string {
  const lines = [...findings.map(lineOf), ...repairs];
  if (complete) {
    const counts = [documents, records].map((count, index) =>
      formatNumberOf(count, index === 0 ? 'document' : 'record'),
    );
    lines.push(`Verified ${counts.join(', ')}, ${formatBytes(bytes)}`);
  } else {
    lines.push('The records were not read, since files are damaged');
  }
  return lines.map((line) => `${line}\n`).join('');
}

function lineOf({ severity, what, documentId, key, file }: Finding): string {
  // Some findings name the record themselves.
  const record = key === undefined || what.includes(key) ? undefined : `record ${key}`;
  const where = [file, documentId && JSON.stringify(documentId), record, what];
  return `${severity}: ${where.filter(Boolean).join(': ')}`;
}
