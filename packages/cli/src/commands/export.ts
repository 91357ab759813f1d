import { open, rename, rm } from 'node:fs/promises';
import { parseDocumentId } from '@syncline/protocol';
import { encodeDocumentFile } from '@syncline/server/operator';
import { defineCommand } from '../command.ts';
import { formatBytes } from '../format.ts';
import { OPERATOR_OPTIONS, withOperator } from '../operator-options.ts';
import { print, printJson } from '../output.ts';
import { UsageError } from '../usage-error.ts';

const STDOUT = '-';

export const command = defineCommand({
  words: ['<documentId>'],
  about: `Writes the whole content of a document into one file, with its name, epoch, head and a
checksum. "syncline import" reads it. Without --out, or with --out -, it goes to stdout.`,
  options: {
    ...OPERATOR_OPTIONS,
    out: { value: 'FILE', env: false, help: 'the file; one that is there is replaced' },
    yjs: { help: 'writes a plain Yjs update (format v1), for Y.applyUpdate' },
  },
  examples: ['export notes/today --out today.syncline', 'export notes/today --yjs > today.bin'],
  run: async (given) => {
    const { options } = given;
    const [name = ''] = given.words;
    const documentId = parseDocumentId(name);
    const { out = STDOUT, yjs, json } = options;
    if (out === '') throw new UsageError('--out must be a file, or - for stdout');
    if (out === STDOUT && json) throw new UsageError('--json needs --out FILE');
    if (out === STDOUT && process.stdout.isTTY) {
      throw new UsageError('the document is binary: write it to a file with --out FILE');
    }
    const document = await withOperator(given, (operator) => operator.export(documentId));
    const file = yjs ? document.update : encodeDocumentFile(document);
    if (out === STDOUT) {
      await print(file);
      return;
    }
    await writeWhole(out, file);
    const { epoch, head } = document;
    if (json) await printJson({ documentId, epoch, head, file: out, bytes: file.length });
    else await print(`Exported ${documentId} to ${out}: ${formatBytes(file.length)}\n`);
  },
});

/** A backup of yesterday is not lost to one of today that breaks off. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.part`;
  try {
    const handle = await open(part, 'w');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
