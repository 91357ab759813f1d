import { SyncError } from '@syncline/protocol';
import { type Finding, type VerifyReport, verifyStore } from '@syncline/storage-level';
import { defineCommand } from '../command.ts';
import { formatBytes, formatNumberOf } from '../format.ts';
import { DATA_OPTION, JSON_FLAG, mustBeFolder, PROGRESS_FLAG } from '../operator-options.ts';
import { print, printJson } from '../output.ts';
import { Progress } from '../progress.ts';

export const verify = defineCommand({
  name: 'verify',
  summary: 'checks every record of a data folder, and repairs it',
  about: `Reads every record of a data folder that no server has open, and checks it. Ends with 1 when
something is damaged. With --repair, what fails its checks is taken out, so that everything
else can be served, and kept in the folder "damaged"; copy the data folder before.`,
  options: {
    data: DATA_OPTION,
    json: JSON_FLAG,
    repair: { help: 'takes out what is damaged' },
    progress: PROGRESS_FLAG,
  },
  examples: ['verify --data /var/lib/syncline', 'verify --repair'],
  run: async ({ options: { data, json, repair, progress: isAskedFor } }) => {
    mustBeFolder(data);
    const progress = new Progress(isAskedFor);
    const onProgress = (documents: number) =>
      progress.show(`${formatNumberOf(documents, 'document')} verified`);
    const report = await verifyStore(data, { repair, onProgress });
    progress.clear();
    await (json ? printJson(report) : print(describe(report)));
    const damages = report.findings.filter(({ severity }) => severity === 'damage').length;
    if (damages === 0 || repair) return;
    const message = `${data} is damaged: run "syncline verify --repair" on a copy, or restore a backup`;
    throw new SyncError('store-damaged', message);
  },
});

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
